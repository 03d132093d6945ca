package chat

import (
	"cmp"
	"fmt"
	"strings"
)

// Language is in what the system speaks to an application's people: French where nothing is said.
type Language string

// The languages there are.
const (
	French  Language = "fr"
	English Language = "en"
)

// Validate refuses a language that there is not.
func (l Language) Validate() error {
	switch l {
	case "", French, English:
		return nil
	}
	return fmt.Errorf("%q is neither fr nor en", string(l))
}

// languageOf is in what the system speaks to an application's people.
func (s *Service) languageOf(applicationID string) Language {
	return cmp.Or(s.languages[applicationID], French)
}

// handover says who has handed a conversation over to whom, and what they had to say about it.
func (l Language) handover(from, to, note string) string {
	sentence := "%s a transmis la conversation à %s."
	if l == English {
		sentence = "%s handed the conversation over to %s."
	}
	text := fmt.Sprintf(sentence, from, to)
	if note = strings.TrimSpace(note); note != "" {
		text += "\n" + note
	}
	return text
}
