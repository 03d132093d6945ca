// Package presence knows who is connected. A user is online while they have a session; a session is begun, held on and
// ended by whoever sees the connection, and ends by itself when nobody holds it on: so the sessions of a process that was
// killed do not stay.
//
// Memory knows what this process was told, Valkey what all processes of a deployment were told. What they know may be lost
// at any time, and comes again as sessions are held on. Neither knows who may see whom: services/chat does, which asks
// them.
package presence
