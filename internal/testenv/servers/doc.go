// Package servers starts real Mosquitto, NATS, PostgreSQL, MariaDB and Valkey servers for tests: on ports of their own, in temporary
// directories, as an unprivileged user, and gone when the test is over, however it ends.
//
//	broker := servers.Mosquitto(t, servers.MosquittoConfig{})          // a broker of this test, configured as the one we ship
//	cluster := servers.NATS(t)                                         // three nodes of this test, configured as those we ship
//	url := servers.Postgres(t)                                        // an empty database on the server all tests share
//	url := servers.MariaDB(t)
//	cache := servers.Valkey(t)                                        // a Valkey, or Redis, of this test
//	server := servers.StartPostgres(t); url := server.Database(t)     // a server of this test, to be stopped and killed
//
// It does not install anything: a server that is missing fails the test and says how to get it; NATS alone it builds, as its
// module is to be had where ours are. It knows nothing of Palabre but the configurations in deploy, so any test may use it.
package servers
