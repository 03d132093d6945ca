package audience_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func stats(t *testing.T, client audiencev1.AudienceServiceClient, p auth.Principal) string {
	t.Helper()
	s, err := client.AnnouncementStats(as(t, p), &audiencev1.AnnouncementStatsRequest{Id: announcement(1)})
	must(t, err)
	return fmt.Sprintf("%d in the audience, %d received, %d read, %d did not",
		s.GetAudienceCount(), s.GetDeliveredCount(), s.GetReadCount(), s.GetUnreadCount())
}

func wantStats(t *testing.T, client audiencev1.AudienceServiceClient, want string) {
	t.Helper()
	if got := stats(t, client, superAdmin); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func readerIDs(list []*audiencev1.Reader) []string {
	var ids []string
	for _, r := range list {
		ids = append(ids, r.GetUserId())
	}
	return ids
}

func TestAnnouncementStatsCountWhoReceivedAndRead(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	settle(t, client, stranger, person("elsewhere", "1", "asso-2"))
	announce(t, client, superAdmin, 1, entity("asso-2"), role("2"))
	wantStats(t, client, "4 in the audience, 0 received, 0 read, 4 did not")
	receive(t, client, 1, false, "admin-1", "member-2")
	wantStats(t, client, "4 in the audience, 2 received, 0 read, 4 did not")
	receive(t, client, 1, true, "member-2", "member-3")
	wantStats(t, client, "4 in the audience, 3 received, 2 read, 2 did not")
	t.Run("the same again changes nothing", func(t *testing.T) {
		receive(t, client, 1, true, "member-2")
		receive(t, client, 1, false, "member-2")
		wantStats(t, client, "4 in the audience, 3 received, 2 read, 2 did not")
	})
	t.Run("nor who is not in the audience, nor an announcement that is not there", func(t *testing.T) {
		receive(t, client, 1, true, "member-1", "nobody")
		receive(t, client, 2, true, "member-2")
		wantStats(t, client, "4 in the audience, 3 received, 2 read, 2 did not")
	})
	t.Run("who leaves the audience is not counted any more, who joins is", func(t *testing.T) {
		settle(t, client, backEnd, person("member-2", "1", "asso-1"), person("new", "1", "asso-2"))
		wantStats(t, client, "4 in the audience, 2 received, 1 read, 3 did not")
		settle(t, client, backEnd, person("member-2", "1", "asso-2"))
		wantStats(t, client, "5 in the audience, 3 received, 2 read, 3 did not")
	})
}

func TestAnnouncementStatsPageThroughBothLists(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, superAdmin, 1, all())
	receive(t, client, 1, true, "member-2")
	req := &audiencev1.AnnouncementStatsRequest{Id: announcement(1), Limit: 2}
	page := func() *audiencev1.AnnouncementStatsResponse {
		t.Helper()
		s, err := client.AnnouncementStats(as(t, backEnd), req)
		must(t, err)
		req.PageToken = s.GetNextPageToken()
		return s
	}
	first, second := page(), page()
	wantIDs(t, readerIDs(first.GetReaders()), "member-2")
	wantIDs(t, readerIDs(first.GetNonReaders()), "admin-1", "admin-2")
	wantIDs(t, readerIDs(second.GetReaders()))
	wantIDs(t, readerIDs(second.GetNonReaders()), "member-1", "member-3")
	if first.NextPageToken == nil || second.NextPageToken != nil {
		t.Errorf("the tokens are %v and %v", first.NextPageToken, second.NextPageToken)
	}
	if second.GetAudienceCount() != 5 || second.GetReadCount() != 1 {
		t.Errorf("the second page counts %v", second)
	}
	reader, other := first.GetReaders()[0], first.GetNonReaders()[0]
	if reader.GetName() != "Name of member-2" || reader.GetEntityId() != "asso-2" || reader.GetReadAt() == nil {
		t.Errorf("the reader is %v", reader)
	}
	if other.GetName() != "Name of admin-1" || other.ReadAt != nil {
		t.Errorf("the one who has not is %v", other)
	}
}

func TestAnnouncementStatsPageThroughTheLongerList(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, superAdmin, 1, all())
	receive(t, client, 1, true, "admin-1", "admin-2", "member-1", "member-2")
	var readers, nonReaders []string
	req := &audiencev1.AnnouncementStatsRequest{Id: announcement(1), Limit: 1}
	for pages := 1; ; pages++ {
		s, err := client.AnnouncementStats(as(t, backEnd), req)
		must(t, err)
		readers = append(readers, readerIDs(s.GetReaders())...)
		nonReaders = append(nonReaders, readerIDs(s.GetNonReaders())...)
		if s.NextPageToken == nil {
			if pages != 4 {
				t.Errorf("there were %d pages, want 4", pages)
			}
			break
		}
		req.PageToken = s.GetNextPageToken()
	}
	wantIDs(t, readers, "admin-1", "admin-2", "member-1", "member-2")
	wantIDs(t, nonReaders, "member-3")
}

func TestAnnouncementStatsAreForItsAuthorSuperAdminsAndServices(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, admin, 1, entity("asso-1"))
	for _, p := range []auth.Principal{admin, superAdmin, backEnd, forAlice} {
		if got := stats(t, client, p); got != "2 in the audience, 0 received, 0 read, 2 did not" {
			t.Errorf("%s is told %s", p.UserID, got)
		}
	}
	colleague := admin
	colleague.UserID = "albert"
	_, err := client.AnnouncementStats(as(t, colleague), &audiencev1.AnnouncementStatsRequest{Id: announcement(1)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	for _, p := range []auth.Principal{member, visitor} {
		_, err := client.AnnouncementStats(as(t, p), &audiencev1.AnnouncementStatsRequest{Id: announcement(1)})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}

func TestAnnouncementStatsRefuseWhatIsNoAnnouncementAndNoPlace(t *testing.T) {
	client := newClient(t)
	announce(t, client, superAdmin, 1, all())
	_, err := client.AnnouncementStats(as(t, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: announcement(2)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.AnnouncementStats(as(t, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: "1"})
	wantViolation(t, err, "id")
	_, err = client.AnnouncementStats(as(t, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: announcement(1), Limit: 201})
	wantViolation(t, err, "limit")
	for _, text := range []string{"bob", "bob\n", "\n", "a b\nbob", "bob\n.\n."} {
		token := base64.RawURLEncoding.EncodeToString([]byte(text))
		_, err := client.AnnouncementStats(as(t, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: announcement(1), PageToken: token})
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
	}
}
