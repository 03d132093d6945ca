package chat

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// limitVisits refuses a visitor when too many came from their device or address of late. The visits are counted where they
// are stored, so that all processes agree; of those that come at the same instant, one or two more may get in.
func (s *Service) limitVisits(ctx context.Context, v Visitor, rules VisitorRules) error {
	since := s.now().Add(-rules.LimitWindow)
	for _, l := range []struct {
		query VisitsQuery
		limit int
	}{
		{VisitsQuery{ApplicationID: v.ApplicationID, DeviceID: v.AnonymousUser.GetDeviceId(), Since: since}, rules.DeviceLimit},
		{VisitsQuery{ApplicationID: v.ApplicationID, AddressHash: v.AddressHash, Since: since}, rules.AddressLimit},
	} {
		if l.limit < 0 || l.query.DeviceID == "" && l.query.AddressHash == "" {
			continue
		}
		at, err := s.store.NthLatestVisit(ctx, l.query, l.limit)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			return rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_RATE_LIMIT,
				"Too many conversations were started from here.", rpcerr.RetryAfter(at.Sub(since)))
		}
	}
	return nil
}

// networkOf is what addresses are counted by: an IPv4 address, or the /64 that one IPv6 connection has at least.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return network.String()
}

// hashAddress stands for an address that is not kept: without the deployment's secret nobody can try out which it was, and
// in another application it is another.
func (s *Service) hashAddress(applicationID, address string) string {
	network := networkOf(address)
	if network == "" {
		return ""
	}
	sum := hmac.New(sha256.New, s.addressKey)
	_, _ = sum.Write([]byte(applicationID + "\x00" + network))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
