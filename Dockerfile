# The server without development tools, embedded PostgreSQL or a second Node: give it a DATABASE_URL.

FROM node:26-slim AS generate
WORKDIR /app
COPY package.json package-lock.json ./
COPY client/package.json client/
COPY web/package.json web/
RUN npm ci --ignore-scripts
COPY prisma.config.ts ./
COPY prisma prisma
RUN npx prisma generate
COPY scripts scripts
COPY client client
COPY web web
RUN node scripts/build-web.mjs

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Not --omit=optional: the native parts of argon2 are optional dependencies of it. Without our own optional and
# development dependencies, npm installs what is left, in the versions of the lock file.
RUN npm pkg delete devDependencies optionalDependencies workspaces && npm install --omit=dev --ignore-scripts

FROM node:26-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 KABAR_DATA=/data
WORKDIR /app
RUN mkdir --mode=700 /data && chown node:node /data
COPY --from=dependencies /app/node_modules node_modules
COPY package.json documents.json ./
COPY prisma/migrations prisma/migrations
COPY src src
COPY --from=generate /app/src/generated src/generated
COPY --from=generate /app/web/dist web/dist

USER node
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# as scripts/run.mjs starts it
CMD ["node", "--max-semi-space-size=32", "src/main.ts"]
