package screen

import "github.com/palabre/palabre/services/moderation/match"

// Field is a field of Rules.
type Field string

// Fields that may have problems, named as people see them.
const (
	FieldWords      Field = "words"
	FieldAllow      Field = "allow"
	FieldPatterns   Field = "patterns"
	FieldDeny       Field = "deny"
	FieldOnly       Field = "only"
	FieldURLs       Field = "urls"
	FieldMentions   Field = "mentions"
	FieldRepetition Field = "repetition"
	FieldCapitals   Field = "capitals"
)

// Reason says what is wrong with an entry: one of package match's, or these.
type Reason string

// Reasons for which an entry is refused.
const (
	TooMany        Reason = "too_many"
	TooLong        Reason = "pattern_too_long"
	TooComplex     Reason = "too_complex"
	BadSyntax      Reason = "bad_syntax"
	MatchesNothing Reason = "matches_nothing"
	BadDomain      Reason = "bad_domain"
	OutOfBounds    Reason = "out_of_bounds"
)

// Problem is an entry that is refused, or that can never hit.
type Problem struct {
	Field Field
	// Rule and Entry are its place among the rules of the field and the entries of the rule.
	Rule, Entry int
	// Position is the code point of the entry at fault, where that is known.
	Position int
	Reason   Reason
}

// Refused says that the rules are wrong; otherwise the entry is only of no use.
func (p Problem) Refused() bool {
	_, useless := uselessReasons[p.Reason]
	return !useless
}

// Text says what is wrong, in English and French.
func (p Problem) Text() (english, french string) {
	t, ok := uselessReasons[p.Reason]
	if !ok {
		t = refusedReasons[p.Reason]
	}
	return t.english, t.french
}

type text struct{ english, french string }

var uselessReasons = map[Reason]text{
	Reason(match.NoLetter):     {"It has no letter or digit, so it is never found.", "Il n’y a ni lettre ni chiffre : rien ne sera jamais trouvé."},
	Reason(match.StarInside):   {"A star may only begin or end a word.", "L’étoile ne peut se trouver qu’au début ou à la fin d’un mot."},
	Reason(match.TooLong):      {"With a star, a word may have up to 63 letters.", "Avec une étoile, un mot peut avoir 63 lettres au plus."},
	Reason(match.TooManyWords): {"A phrase may have up to 32 words.", "Une expression peut avoir 32 mots au plus."},
	Reason(match.NotRead):      {"Links and e-mail addresses are not searched for words; use the lists of domains.", "On ne cherche pas de mots dans les liens et les adresses ; utilisez les listes de domaines."},
	Reason(match.Allowed):      {"It is on the allow list too, so it never counts.", "Cette entrée est aussi dans la liste autorisée : elle ne compte jamais."},
}

var refusedReasons = map[Reason]text{
	TooMany:        {"There are more than 50 regular expressions.", "Il y a plus de 50 expressions régulières."},
	TooLong:        {"It has more than 1,000 characters.", "Elle a plus de 1 000 caractères."},
	TooComplex:     {"It would take too long to search for it: repeat less.", "La recherche serait trop longue : réduisez les répétitions."},
	BadSyntax:      {"It is no regular expression (RE2).", "Ce n’est pas une expression régulière (RE2)."},
	MatchesNothing: {"It matches the empty text, so everything.", "Elle correspond au texte vide, donc à tout."},
	BadDomain:      {"It is no domain.", "Ce n’est pas un nom de domaine."},
	OutOfBounds:    {"It is out of bounds.", "La valeur est hors limites."},
}
