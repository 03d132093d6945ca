// Package moderation judges contents by the rules of each application, and keeps the messages that moderators decide on: the
// ModerationService of proto/palabre/moderation/v1.
//
// What becomes of a message is the chat service's business: it asks before it stores one, puts those that wait into the
// review queue, and watches for decisions to carry out. This service calls nobody. Package match finds the words; this one
// knows which words, and what finding them means.
package moderation
