// Package fold reads a text as moderation compares it: decomposed (Unicode NFKD), without accents, case and characters that
// are not seen, and each character with what it looks like. A map leads back to the text as it was written.
//
// One look-up in a precomputed table tells all of a character; command gen, below this package, writes the table. What
// follows from the characters is the business of those who ask: packages match, links and spam of services/moderation.
//
// The table is made from the Unicode Character Database and from the confusables of UTS #39. Copyright © 1991-2022 Unicode,
// Inc. All rights reserved. Distributed under the Terms of Use in https://www.unicode.org/copyright.html.
package fold
