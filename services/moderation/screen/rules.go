package screen

// Rules are what a Set is compiled from. Every rule has an id, which its hits carry; there may be several of a kind, for other
// words or limits lead to other actions. The zero value hits nothing.
type Rules struct {
	// Words are lists of words and phrases: see match.List.
	Words []Entries
	// Allow are words and phrases in which a hit of Words does not count.
	Allow []string
	// Patterns are regular expressions in Go's syntax (RE2), searched in the text as written and as folded.
	Patterns []Entries
	// Exact are the ids of rules whose regular expressions are searched in the text as written only.
	Exact []string
	// URLs limits how many links a text has, Mentions how many people it mentions: one more hits.
	URLs, Mentions []Limit
	// Deny are domains that links must not lead to, Only those that they must lead to, each with what is below it.
	Deny, Only []Entries
	// Invites, Phones and Emails are the ids of rules that find invitations to other messengers, telephone numbers and e-mail
	// addresses.
	Invites, Phones, Emails []string
	// Repetition is the share of repetition, Capitals that of capital letters, from which a text hits.
	Repetition, Capitals []Share
}

// Entries is a rule with a list.
type Entries struct {
	Rule    string
	Entries []string
}

// Limit is a rule with a number that is still accepted.
type Limit struct {
	Rule  string
	Limit int
}

// Share is a rule with a share, above 0 and up to 1.
type Share struct {
	Rule  string
	Share float64
	// Fewest is the size from which it counts: capitals are looked at in texts of as many letters, 12 when 0.
	Fewest int
}

// Category says what kind of thing a rule finds.
type Category string

// Categories.
const (
	Profanity  Category = "profanity"
	Pattern    Category = "pattern"
	URLs       Category = "urls"
	Domain     Category = "domain"
	Invite     Category = "invite"
	Phone      Category = "phone"
	Email      Category = "email"
	Repetition Category = "repetition"
	Capitals   Category = "capitals"
	Mentions   Category = "mentions"
)
