// Package audience keeps the directory of each application's users, and resolves audiences from it: the AudienceService of
// proto/palabre/audience/v1.
//
// The host product's back ends write the directory; what Palabre knows of a person beyond their id is what they told.
// Tokens are not checked against it: who is not in it may chat all the same, and is in no audience. It does not know
// conversations (the chat service does), which asks it for names and for whom an announcement goes to.
package audience
