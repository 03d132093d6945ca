// Package links finds links and e-mail addresses in folded texts, and says which domains they lead to.
//
// A link is counted each time it stands there: `http(s)://` and `ftp://`, up to white space, quotation marks or the next of them;
// hosts that begin with `www.`; and other hosts with a public top-level domain, by the list of publicsuffix.org that comes with
// golang.org/x/net. E-mail addresses, bare IP addresses, numbers, file names and the ends of sentences without a space are none.
// docs/moderation.md has the examples.
package links
