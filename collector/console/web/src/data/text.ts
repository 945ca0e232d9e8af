/** The shapes that every resource shares: texts in two languages, values, and lists with the time they were true. */

/** One text in both languages. */
export interface Text {
  zh: string;
  en: string;
}

/** A point's value as the collector sends it. */
export type Value = boolean | number | string | null;

/** A whole list; `as_of` is microseconds since the epoch. */
export interface Listing<T> {
  items: T[];
  as_of: number;
}

/** One page of a list, newest first; ask again with `before = next_before` for older ones. */
export interface Page<T> {
  items: T[];
  next_before: string | number | null;
}
