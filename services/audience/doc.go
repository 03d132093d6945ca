// Package audience keeps the directory of each application's users, and resolves audiences from it: the AudienceService of
// proto/palabre/audience/v1.
//
// The host product's back ends write the directory, or a Source reads it from the host's database; what Palabre knows of a
// person beyond their id is what they told. Who was seen with a token alone is noted too, until the host tells of them. It
// does not know conversations: the chat service does, which tells it whom an announcement is for and who has read it. An
// audience is kept as the targets that choose it, and nobody is in it before somebody asks: so it is always the directory's
// of now.
package audience
