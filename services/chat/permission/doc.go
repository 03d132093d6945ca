// Package permission is the policy of conversations: who may do what, as tables that the code decides by and that
// docs/permissions.md is generated from.
//
// It decides from what it is given and asks nobody. The chat service's handlers call Check; what they answer for
// conversations that a caller has no place in, which is as if there were none, is theirs.
package permission
