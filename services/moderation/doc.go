// Package moderation judges contents by the rules of each application, and keeps the messages that moderators decide on: the
// ModerationService of proto/palabre/moderation/v1.
//
// What becomes of a message is the chat service's business: it asks before it stores one, puts those that wait into the
// review queue, and watches for decisions to carry out. This service calls nobody, but for an external check where one is
// configured. The packages below it find what hits; this one knows for whom, and what a hit means.
package moderation
