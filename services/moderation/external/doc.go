// Package external asks what an application runs to have contents looked at: a classifier of its own or of others, over HTTP or
// gRPC. When it is asked, and what its silence means, is the moderation service's business.
package external
