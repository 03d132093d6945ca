package auth

import "errors"

// Why a caller's identity was not proven, or did not suffice. They come wrapped, with a text for logs: callers are told
// the kind only.
var (
	// ErrNoCredentials says that the call came without any.
	ErrNoCredentials = errors.New("no credentials")
	// ErrBadToken says that a token is malformed, not signed by a key of its application, or without a needed claim.
	ErrBadToken = errors.New("bad token")
	// ErrExpired says that a token was good and its time is over.
	ErrExpired = errors.New("the token has expired")
	// ErrUnknownApplication says that a token names an application that this deployment does not serve.
	ErrUnknownApplication = errors.New("unknown application")
	// ErrBadAPIKey says that no application has this API key.
	ErrBadAPIKey = errors.New("bad API key")
	// ErrBadUserID says that a user id is not one: see ValidUserID.
	ErrBadUserID = errors.New("bad user id")
	// ErrKeysUnavailable says that the application's keys cannot be fetched now, so nothing is known about the token.
	ErrKeysUnavailable = errors.New("the keys of the application are out of reach")
	// ErrNotAllowed says that the caller is known and a Policy has no place for them.
	ErrNotAllowed = errors.New("not allowed")
)
