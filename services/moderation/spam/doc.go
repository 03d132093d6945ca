// Package spam measures what makes a folded text a nuisance, whatever its words: repetition, capitals, mentions and telephone
// numbers. It measures only; what is too much is for rules to say. docs/moderation.md has worked examples.
package spam
