// Package moderation judges contents by the rules of each application: the ModerationService of
// proto/palabre/moderation/v1.
//
// It answers verdicts and stores nothing: what becomes of a message that is refused is the chat service's business, which
// asks before it stores one. Package match finds the words; this one knows which words, and what finding them means.
package moderation
