// Package valkey reaches a Valkey or Redis server that the processes of a deployment share, for what they have to agree on
// and may lose: how much someone has sent of late, who is online, who types. It is built for the server to be away: a call has a
// short time, and after a failure the server is left alone for a while. Whoever calls goes on by itself meanwhile.
//
// It keeps nothing that has to last; that is the database's.
package valkey
