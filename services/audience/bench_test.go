package audience_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/audience/entstore"
)

// The announcements of a city: one for everyone, one for each twentieth entity, one for a role.
const (
	toEveryone = iota + 1
	toEntities
	toRole
	// announcements is how many there are, the others for the whole of an entity.
	announcements = 1000
)

// city is a large directory with announcements, each received by 100,000 of its people and read by 60,000.
type city struct {
	size   int
	client audiencev1.AudienceServiceClient
	db     *database.DB
}

const (
	entityCount = 200
	receivers   = 100_000
)

// BenchmarkCity is what audiences cost in a directory of 100,000 and of 1,000,000, every interceptor included.
func BenchmarkCity(b *testing.B) {
	for name, newURL := range map[string]func(testing.TB) string{
		"SQLite":     func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "palabre.db") },
		"PostgreSQL": servers.Postgres,
		"MariaDB":    servers.MariaDB,
	} {
		for _, size := range []int{100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				c := newCity(b, newURL(b), size)
				b.Run("AnnouncementStats/everyone", func(b *testing.B) { c.stats(b, toEveryone) })
				b.Run("AnnouncementStats/entities", func(b *testing.B) { c.stats(b, toEntities) })
				b.Run("AnnouncementStats/role", func(b *testing.B) { c.stats(b, toRole) })
				b.Run("ListUserAudiences", c.userAudiences)
				b.Run("ListAvailableTargets", c.availableTargets)
				b.Run("ResolveAudience", c.resolve)
				b.Run("UpsertUsers/same", c.upsertAgain)
			})
		}
	}
}

func newCity(b *testing.B, url string, size int) *city {
	db, err := database.Open(b.Context(), database.Config{URL: url})
	must(b, err)
	b.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(b.Context())
	must(b, err)
	c := &city{size: size, client: serve(b, entstore.New(entstore.Config{Database: db})), db: db}
	c.populate(b)
	c.announce(b)
	return c
}

// populate fills the directory and tells how fast.
func (c *city) populate(b *testing.B) {
	start := time.Now()
	for users := range slices.Chunk(c.people(), 5000) {
		settle(b, c.client, backEnd, users...)
	}
	b.Logf("%d users were created, %.0f a second", c.size, float64(c.size)/time.Since(start).Seconds())
}

func (c *city) people() []*audiencev1.User {
	users := make([]*audiencev1.User, c.size)
	for i := range users {
		users[i] = person(fmt.Sprintf("user-%07d", i), fmt.Sprint(1+i%10/9), fmt.Sprintf("asso-%d", i%entityCount))
		users[i].EntityName = fmt.Sprintf("Association %d", i%entityCount)
	}
	return users
}

func (c *city) announce(b *testing.B) {
	var entities []*audiencev1.AudienceTarget
	for i := range entityCount / 10 {
		entities = append(entities, entity(fmt.Sprintf("asso-%d", i)))
	}
	announce(b, c.client, superAdmin, toEveryone, all())
	announce(b, c.client, superAdmin, toEntities, entities...)
	announce(b, c.client, superAdmin, toRole, role("1"), combined("2", "asso-9"))
	for n := toRole + 1; n <= announcements; n++ {
		announce(b, c.client, superAdmin, n, entity(fmt.Sprintf("asso-%d", n%2)))
	}
	for _, n := range []int{toEveryone, toEntities, toRole} {
		c.receive(b, n)
	}
}

// receive has the first people of an audience receive an announcement.
func (c *city) receive(b *testing.B, n int) {
	stream, err := c.client.ResolveAudience(as(b, chat), &audiencev1.ResolveAudienceRequest{ConversationId: announcement(n)})
	must(b, err)
	for received := 0; received < receivers; {
		page, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		must(b, err)
		for some := range slices.Chunk(page.GetUsers(), 500) {
			must(b, c.db.Write.AudienceReceipt.CreateBulk(c.receipts(n, some)...).Exec(b.Context()))
		}
		received += len(page.GetUsers())
	}
}

func (c *city) receipts(n int, users []*audiencev1.User) []*ent.AudienceReceiptCreate {
	rows := make([]*ent.AudienceReceiptCreate, len(users))
	for i, u := range users {
		rows[i] = c.db.Write.AudienceReceipt.Create().
			SetID(uuid.New()).
			SetApplicationID(app).
			SetConversationID(uuid.MustParse(announcement(n))).
			SetUserID(u.GetUserId()).
			SetDeliveredAt(1)
		if i%5 < 3 {
			rows[i].SetReadAt(2)
		}
	}
	return rows
}

func (c *city) stats(b *testing.B, n int) {
	var counted *audiencev1.AnnouncementStatsResponse
	fastest := time.Hour
	for b.Loop() {
		var err error
		start := time.Now()
		counted, err = c.client.AnnouncementStats(as(b, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: announcement(n)})
		must(b, err)
		fastest = min(fastest, time.Since(start))
	}
	b.ReportMetric(float64(fastest.Microseconds())/1000, "fastest-ms")
	b.ReportMetric(float64(counted.GetAudienceCount()), "audience")
	b.ReportMetric(float64(counted.GetDeliveredCount()), "received")
}

func (c *city) userAudiences(b *testing.B) {
	for b.Loop() {
		list, err := c.client.ListUserAudiences(as(b, chat), &audiencev1.ListUserAudiencesRequest{UserId: "user-0000000"})
		must(b, err)
		if len(list.GetAudiences()) != 200 {
			b.Fatalf("got %d announcements", len(list.GetAudiences()))
		}
	}
}

func (c *city) availableTargets(b *testing.B) {
	for b.Loop() {
		_, err := c.client.ListAvailableTargets(as(b, superAdmin), &audiencev1.ListAvailableTargetsRequest{})
		must(b, err)
	}
}

// resolve streams everyone, and tells how much of the heap that takes.
func (c *city) resolve(b *testing.B) {
	before, peak := heap(), uint64(0)
	for b.Loop() {
		peak = max(peak, c.stream(b))
	}
	b.ReportMetric(float64(b.N*c.size)/b.Elapsed().Seconds(), "users/s")
	b.ReportMetric((float64(peak)-float64(before))/(1<<20), "heap-MB")
}

// stream reads everyone and answers how large the heap became.
func (c *city) stream(b *testing.B) (largest uint64) {
	stream, err := c.client.ResolveAudience(as(b, chat), to(all()))
	must(b, err)
	users, pages := 0, 0
	for ; ; pages++ {
		page, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		must(b, err)
		users += len(page.GetUsers())
		if pages%20 == 0 {
			largest = max(largest, heap())
		}
	}
	if users != c.size {
		b.Fatalf("got %d users of %d", users, c.size)
	}
	return largest
}

// heap is what is in use of it, after what is not was given back.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// upsertAgain tells of 5,000 users who are as they were.
func (c *city) upsertAgain(b *testing.B) {
	some := c.people()[:5000]
	for b.Loop() {
		settle(b, c.client, backEnd, some...)
	}
	b.ReportMetric(float64(b.N*len(some))/b.Elapsed().Seconds(), "users/s")
}
