package moderation

import moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"

// The ids of the settings, which are rules too. A rule with one of these ids says what the setting does.
const (
	ruleBadWords   = "bad_words"
	ruleURLLimit   = "url_limit"
	ruleRepetition = "repetition_threshold"
	ruleRepeat     = "repeat_limit"
	ruleFlood      = "flood_limit"
)

// ruleExternal is what the reasons of an external check are of.
const ruleExternal = "external_check"

// Categories.
const (
	categoryProfanity = "profanity"
	categorySpam      = "spam"
	categoryFlood     = "flood"
	categoryOther     = "other"
)

// kind is what rules of a kind have where they say nothing else.
type kind struct {
	category string
	// What senders are told, by language.
	english, french string
	// isOfText says that the rule finds parts of a text. Others look at it as a whole, and mask nothing.
	isOfText bool
	// isOfNames says that it is applied to the names of files too, which are full of digits, capitals and dots.
	isOfNames bool
}

// text is what a sender is told, in French unless they read English.
func (k kind) text(language string) string {
	if language == "en" {
		return k.english
	}
	return k.french
}

var (
	kindWords = kind{
		category: categoryProfanity, isOfText: true, isOfNames: true,
		english: "This word or expression is not accepted here.",
		french:  "Ce mot ou cette expression n’est pas accepté ici.",
	}
	kindExpression = kind{
		category: categoryOther, isOfText: true, isOfNames: true,
		english: "This text is not accepted here.",
		french:  "Ce texte n’est pas accepté ici.",
	}
	kindDomains = kind{
		category: categorySpam, isOfText: true,
		english: "Links to this site are not accepted here.",
		french:  "Les liens vers ce site ne sont pas acceptés ici.",
	}
	kindContacts = kind{
		category: categorySpam, isOfText: true,
		english: "Contact details and invitations are not accepted here.",
		french:  "Les coordonnées et les invitations ne sont pas acceptées ici.",
	}
	kindCapitals = kind{
		category: categorySpam,
		english:  "Please do not write in capitals.",
		french:   "Merci de ne pas écrire en majuscules.",
	}
	kindMentions = kind{
		category: categorySpam, isOfText: true,
		english: "Too many people are mentioned.",
		french:  "Trop de personnes sont mentionnées.",
	}
	kindNewcomerLinks = kind{
		category: categorySpam, isOfText: true,
		english: "Who is new here cannot send links yet.",
		french:  "Les nouveaux venus ne peuvent pas encore envoyer de liens.",
	}
	kindURLLimit = kind{
		category: categorySpam, isOfText: true,
		english: "There are too many links.",
		french:  "Il y a trop de liens.",
	}
	kindRepetition = kind{
		category: categorySpam,
		english:  "The text repeats itself too much.",
		french:   "Le texte se répète trop.",
	}
	kindRepeat = kind{
		category: categorySpam,
		english:  "You have sent this text already.",
		french:   "Vous avez déjà envoyé ce texte.",
	}
	kindFlood = kind{
		category: categoryFlood,
		english:  "You are sending too many messages.",
		french:   "Vous envoyez trop de messages.",
	}
	kindExternal = kind{
		category: categoryOther,
		english:  "This text is not accepted here.",
		french:   "Ce texte n’est pas accepté ici.",
	}
)

// settings are the kinds of the settings, by their ids.
var settings = map[string]kind{
	ruleBadWords:   kindWords,
	ruleURLLimit:   kindURLLimit,
	ruleRepetition: kindRepetition,
	ruleRepeat:     kindRepeat,
	ruleFlood:      kindFlood,
}

// kindOf answers the kind of a rule, or false when it looks for nothing.
func kindOf(r *moderationv1.Rule) (kind, bool) {
	switch r.GetMatch().(type) {
	case *moderationv1.Rule_Words:
		return kindWords, true
	case *moderationv1.Rule_RegularExpression:
		return kindExpression, true
	case *moderationv1.Rule_Domains:
		return kindDomains, true
	case *moderationv1.Rule_Contacts:
		return kindContacts, true
	case *moderationv1.Rule_Capitals:
		return kindCapitals, true
	case *moderationv1.Rule_Mentions:
		return kindMentions, true
	case *moderationv1.Rule_NewcomerLinks:
		return kindNewcomerLinks, true
	}
	return kind{}, false
}
