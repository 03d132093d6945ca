package entstore_test

import (
	"fmt"
	"path/filepath"
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/audience"
	"github.com/palabre/palabre/services/audience/entstore"
	"github.com/palabre/palabre/services/audience/storetest"
)

// engines are the databases, each answering the URL of an empty one.
var engines = map[string]func(testing.TB) string{
	"SQLite":     func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "palabre.db") },
	"PostgreSQL": servers.Postgres,
	"MariaDB":    servers.MariaDB,
}

func TestStore(t *testing.T) {
	for name, newURL := range engines {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) audience.Store { return newStore(t, newURL(t)) })
		})
	}
}

func newStore(tb testing.TB, url string) *entstore.Store {
	tb.Helper()
	db, err := database.Open(tb.Context(), database.Config{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return entstore.New(entstore.Config{Database: db})
}

// BenchmarkUpsert writes a request's worth of users: who are new, who all changed, and who all stayed the same.
func BenchmarkUpsert(b *testing.B) {
	const users = 5000
	for name, newURL := range engines {
		b.Run(name+"/new", func(b *testing.B) {
			s := newStore(b, newURL(b))
			round := 0
			for b.Loop() {
				round++
				upsert(b, s, crowd(users, round, "1"))
			}
			b.ReportMetric(float64(b.N*users)/b.Elapsed().Seconds(), "users/s")
		})
		b.Run(name+"/changed", func(b *testing.B) {
			s := newStore(b, newURL(b))
			upsert(b, s, crowd(users, 0, "0"))
			round := 0
			for b.Loop() {
				round++
				upsert(b, s, crowd(users, 0, fmt.Sprint(round)))
			}
			b.ReportMetric(float64(b.N*users)/b.Elapsed().Seconds(), "users/s")
		})
		b.Run(name+"/same", func(b *testing.B) {
			s := newStore(b, newURL(b))
			upsert(b, s, crowd(users, 0, "0"))
			for b.Loop() {
				upsert(b, s, crowd(users, 0, "0"))
			}
			b.ReportMetric(float64(b.N*users)/b.Elapsed().Seconds(), "users/s")
		})
	}
}

// BenchmarkAudience reads a union of selections, page by page, out of a directory of 50,000.
func BenchmarkAudience(b *testing.B) {
	for name, newURL := range engines {
		b.Run(name, func(b *testing.B) {
			s := newStore(b, newURL(b))
			for i := range 10 {
				upsert(b, s, crowd(5000, i, fmt.Sprint(i)))
			}
			read := 0
			for b.Loop() {
				q := audience.UsersQuery{ApplicationID: "geosector", Limit: 1000, AnyOf: []audience.Selection{
					{Role: "1"}, {Role: "2"}, {EntityID: "asso-3"}, {Role: "5", EntityID: "asso-4"},
				}}
				for {
					page, err := s.ListUsers(b.Context(), q)
					if err != nil {
						b.Fatal(err)
					}
					read += len(page)
					if len(page) < q.Limit {
						break
					}
					q.After = page[len(page)-1].GetUserId()
				}
			}
			b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "users/s")
		})
	}
}

func crowd(n, round int, role string) []*audiencev1.User {
	users := make([]*audiencev1.User, n)
	for i := range users {
		users[i] = &audiencev1.User{
			UserId:   fmt.Sprintf("user-%d-%d", round, i),
			Name:     fmt.Sprintf("Person number %d", i),
			Role:     role,
			EntityId: fmt.Sprintf("asso-%d", i%20),
		}
	}
	return users
}

func upsert(b *testing.B, s *entstore.Store, users []*audiencev1.User) {
	b.Helper()
	if _, err := s.UpsertUsers(b.Context(), "geosector", audience.OriginHost, users); err != nil {
		b.Fatal(err)
	}
}
