// Package topic is the grammar of Palabre's MQTT topics: a closed list of shapes, read with Parse and written with
// Topic.String.
//
// Every application owns the topics under its prefix, which is the first level of the name:
//
//	{prefix}/user/{user}/send              client → server   a message
//	{prefix}/user/{user}/receipts          client → server   delivered and read watermarks
//	{prefix}/user/{user}/sync              client → server   what came since a cursor
//	{prefix}/user/{user}/typing            client → server
//	{prefix}/user/{user}/presence          client → server   and the will
//	{prefix}/message/send                  client → server   a message that names its sender in the payload
//	{prefix}/user/{user}/messages          server → client   the user's events
//	{prefix}/user/{user}/acks              server → client   answers to the user's own uplinks
//	{prefix}/conversation/{conversation}   server → client   the events of one conversation
//	{prefix}/typing/{conversation}         server → client
//	{prefix}/announcement                  server → client   announcements to everybody
//	{prefix}/moderation/{message}          server → client   verdicts
//
// A {user} is a subject: a user id, or "anon:" and the id of a visitor.
//
// The package knows shape and direction only. Who may publish or subscribe where is decided by the broker, and which
// application a prefix stands for by the configuration.
package topic
