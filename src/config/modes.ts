// Who may read what Kabar keeps on disk: a part of config.ts.

/** Files that Kabar makes are read by its own user alone. */
export const fileMode = 0o600

/** Folders that Kabar makes are entered by its own user alone. */
export const folderMode = 0o700
