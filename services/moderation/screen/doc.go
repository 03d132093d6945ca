// Package screen puts the measures of moderation together: it compiles an application's rules to a Set, once for each version
// of them, and a Set says which rules a text hits, where and why.
//
// A Set never changes, so that another may take its place at any time. What a hit leads to, who is exempt and what is kept of it
// is the moderation service's business; docs/moderation.md says what each rule means.
package screen
