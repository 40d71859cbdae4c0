// The language of the pages: its catalog, its direction, and how it writes times and numbers.

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react'
import { keepText, readText } from './browser-storage.ts'
import { createFormat, type Format } from './format.ts'
import { formatText } from './text-format.ts'
import type { TextKey, Translate } from './translate.ts'

/** The languages, each by its own name. */
export const languages = { en: 'English', id: 'Bahasa Indonesia', ar: 'العربية' } as const

/** A language of the pages. */
export type Language = keyof typeof languages

type Catalog = Readonly<Record<TextKey, string>>

const catalogs: Record<Language, () => Promise<{ default: Catalog }>> = {
  en: () => import('./catalogs/en.json'),
  id: () => import('./catalogs/id.json'),
  ar: () => import('./catalogs/ar.json'),
}

interface Locale {
  readonly language: Language
  readonly t: Translate
  readonly format: Format
  setLanguage(language: Language): void
}

const LocaleContext = createContext<Locale | null>(null)
const storageKey = 'kabar.language'

/** Picks the language that was chosen, or the first of the browser's that there is a catalog for. */
export function preferredLanguage(): Language {
  const wanted = [readText(storageKey), ...navigator.languages]
  return wanted.map((tag) => tag?.split('-')[0]).find(isLanguage) ?? 'en'
}

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(languages, tag)
}

/** Loads the catalog of a language. */
export async function loadCatalog(language: Language): Promise<Catalog> {
  return (await catalogs[language]()).default
}

/** Gives the pages inside it their language. */
export function LocaleProvider({
  first,
  children,
}: {
  first: { language: Language; catalog: Catalog }
  children: ReactNode
}) {
  const [{ language, catalog }, setLoaded] = useState(first)
  useEffect(() => {
    document.documentElement.lang = language
    document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr'
  }, [language])
  const locale = useMemo<Locale>(() => {
    const t: Translate = (key, values = {}) => formatText(catalog[key] ?? key, values, language)
    return {
      language,
      t,
      format: createFormat(regionOf(language), t),
      setLanguage(chosen) {
        keepText(storageKey, chosen)
        void loadCatalog(chosen).then((loaded) => setLoaded({ language: chosen, catalog: loaded }))
      },
    }
  }, [language, catalog])
  return <LocaleContext value={locale}>{children}</LocaleContext>
}

/** The browser's own form of a language, such as `en-GB`, which tells how it writes times. */
function regionOf(language: Language): string {
  return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language
}

/** Gives the language of the pages. */
export function useLocale(): Locale {
  const locale = use(LocaleContext)
  if (!locale) throw new Error('useLocale needs a LocaleProvider')
  return locale
}

/** Gives the texts of the catalog. */
export function useText(): Translate {
  return useLocale().t
}
