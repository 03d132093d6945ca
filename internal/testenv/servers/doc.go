// Package servers starts real Mosquitto, PostgreSQL, MariaDB and Valkey servers for tests: on ports of their own, in temporary
// directories, as an unprivileged user, and gone when the test is over, however it ends.
//
//	broker := servers.Mosquitto(t, servers.MosquittoConfig{})          // a broker of this test, configured as the one we ship
//	url := servers.Postgres(t)                                        // an empty database on the server all tests share
//	url := servers.MariaDB(t)
//	cache := servers.Valkey(t)                                        // a Valkey, or Redis, of this test
//	server := servers.StartPostgres(t); url := server.Database(t)     // a server of this test, to be stopped and killed
//
// It does not install anything: a server that is missing fails the test and says how to get it. It knows nothing of Palabre
// but the Mosquitto configuration in deploy/mosquitto, so any test may use it.
package servers
