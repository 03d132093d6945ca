// Package match finds words and phrases in texts, whatever their case and accents: «Été» is found in "ete", and "ete" in
// «ÉTÉ!».
//
// A Matcher finds whole words: maximal runs of letters and digits, in every script. So it finds "con" in "quel con!" and
// not in "concert"; apostrophes, hyphens and underscores are between words. It does not look for anything that was written
// to be read otherwise than it is spelled. What a hit means is the moderation service's business.
package match
