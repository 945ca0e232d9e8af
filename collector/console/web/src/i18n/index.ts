/** Chinese first, English complete; the choice is remembered on this computer. */
import { computed } from "vue";
import { createI18n } from "vue-i18n";
import type { Text } from "@/data/text";
import en from "./en";
import zh from "./zh";

export type Language = keyof Text;
const KEPT = "linli.language";

function remembered(): Language {
  try {
    return localStorage.getItem(KEPT) === "en" ? "en" : "zh";
  } catch {
    return "zh";
  }
}

export const i18n = createI18n({ legacy: false, locale: remembered(), fallbackLocale: "zh", messages: { zh, en } });

/** The language of the screen. */
export const language = computed<Language>(() => (i18n.global.locale.value === "en" ? "en" : "zh"));

/** Change the language of the screen and remember it. */
export function setLanguage(to: Language): void {
  i18n.global.locale.value = to;
  document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem(KEPT, to);
  } catch {
    // A private window may keep nothing; the choice then lasts as long as the page.
  }
}

/** The words of `key` if it is a known one, else `otherwise`: an unknown word of the collector is shown as it is. */
export function wordsOr(key: string, otherwise: string): string {
  return i18n.global.te(key, language.value) ? i18n.global.t(key) : otherwise;
}
