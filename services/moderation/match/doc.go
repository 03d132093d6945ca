// Package match finds listed words and phrases in texts: as they are spelled, whatever their case and accents, and as they
// are disguised: in look-alike characters, in leetspeak, stretched, spelled letter by letter, and with symbols between.
// docs/moderation.md says what exactly is found.
//
// Entries are compared with whole words: maximal runs of letters and digits. So "con" is found in "quel con!" and not in
// "concert", and "c0n" is "con" where "con3" is not. A text is cut into words in every way that it may be read, each word has a
// key that is the same for all of its readings, and entries with that key are compared letter by letter. So what a text costs
// does not depend on how many entries there are.
//
// What a hit means is the moderation service's business.
package match
