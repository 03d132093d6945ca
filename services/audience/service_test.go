package audience_test

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/services/audience"
)

func TestAServiceNeedsAStore(t *testing.T) {
	if _, err := audience.New(audience.Config{}); err == nil {
		t.Error("a service was made without a store")
	}
}

func TestADatabaseOutOfReachIsUnavailable(t *testing.T) {
	client := serve(t, brokenStore{})
	_, err := client.UpsertUsers(as(t, backEnd), &audiencev1.UpsertUsersRequest{Users: town()})
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	_, err = client.DeleteUsers(as(t, backEnd), &audiencev1.DeleteUsersRequest{UserIds: []string{"bob"}})
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	_, err = client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{})
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	_, err = client.AnnouncementStats(as(t, backEnd), &audiencev1.AnnouncementStatsRequest{Id: announcement(1)})
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	_, err = client.RecordReceipt(as(t, chat), &audiencev1.RecordReceiptRequest{ConversationId: announcement(1), UserId: "bob"})
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	_, err = resolve(as(t, backEnd), client, to(all()))
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
}

// brokenStore is a Store whose database is out of reach.
type brokenStore struct{ audience.Store }

var errBroken = fmt.Errorf("list users: %w: dial tcp 10.0.0.1:5432", audience.ErrUnavailable)

func (brokenStore) UpsertUsers(context.Context, string, audience.Origin, []*audiencev1.User) (int, error) {
	return 0, errBroken
}

func (brokenStore) DeleteUsers(context.Context, string, audience.Origin, []string) (int, error) {
	return 0, errBroken
}

func (brokenStore) ListUsers(context.Context, audience.UsersQuery) ([]*audiencev1.User, error) {
	return nil, errBroken
}

func (brokenStore) GetAudience(context.Context, string, string) (*audiencev1.Audience, error) {
	return nil, errBroken
}
