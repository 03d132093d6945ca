package moderation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/screen"
)

// rule is a rule of a set, or a setting, with what it does.
type rule struct {
	kind
	id     string
	action moderationv1.Rule_Action
	// texts are what senders are told instead of the kind's words, by language.
	texts             map[string]string
	exemptRoles       []string
	conversationTypes []string
	isDryRun          bool
	// newFor is for how long someone is new that the rule is for; 0 when it is for all.
	newFor time.Duration
}

// newRule makes a rule. said is what is said of it, and may say nothing.
func newRule(id string, k kind, said *moderationv1.Rule) *rule {
	r := &rule{
		kind:              k,
		id:                id,
		action:            cmp.Or(said.GetAction(), moderationv1.Rule_reject),
		texts:             said.GetMessages(),
		exemptRoles:       said.GetExemptRoles(),
		conversationTypes: said.GetConversationTypes(),
		isDryRun:          said.GetDryRun(),
		newFor:            time.Duration(said.GetNewcomerLinks().GetMinimumAge()) * time.Second,
	}
	r.category = cmp.Or(said.GetCategory(), k.category)
	return r
}

// appliesTo says whether the rule is for a content. Where nothing is known of its conversation, as where rules are tried, all
// rules are.
func (r *rule) appliesTo(content *moderationv1.ModerateContentRequest, now time.Time) bool {
	conversation := content.GetConversationType()
	switch {
	case slices.Contains(r.exemptRoles, content.GetSenderRole()):
		return false
	case conversation != "" && len(r.conversationTypes) > 0 && !slices.Contains(r.conversationTypes, conversation):
		return false
	case content.GetField() == fieldFileName && !r.isOfNames:
		return false
	case r.newFor > 0:
		return isNew(content, now.Add(-r.newFor))
	}
	return true
}

// fieldFileName is what the name of a file is called.
const fieldFileName = "file_name"

// isNew says whether the directory has the sender since a time only, or not at all. A visitor is never in it; what the system
// and back ends write is from nobody.
func isNew(content *moderationv1.ModerateContentRequest, since time.Time) bool {
	switch {
	case content.GetSenderType() == "anonymous":
		return true
	case content.GetSenderType() == "system", content.GetSenderId() == "":
		return false
	case content.GetSenderSince() == nil:
		return true
	}
	return content.GetSenderSince().AsTime().After(since)
}

// reason writes what a hit of the rule is.
func (r *rule) reason(hit screen.Hit, language string) *moderationv1.Reason {
	language = cmp.Or(language, "fr")
	return &moderationv1.Reason{
		Rule:     r.id,
		Category: r.category,
		Start:    int32(hit.Start),
		End:      int32(hit.End),
		Message:  cmp.Or(r.texts[language], r.text(language)),
		Action:   r.action,
		DryRun:   r.isDryRun,
		Reading:  r.reading(hit),
	}
}

// reading is how a text had to be read to see a hit of words.
func (r *rule) reading(hit screen.Hit) string {
	if hit.Category != screen.Profanity {
		return ""
	}
	return strings.ReplaceAll(hit.Reading.String(), "-", "_")
}
