package audience

import (
	"context"
	"log/slog"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// DeleteUsers takes users out of the directory. One who is not in it is no error: the same call again deletes nobody.
func (s *Service) DeleteUsers(ctx context.Context, req *audiencev1.DeleteUsersRequest) (*audiencev1.DeleteUsersResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	deleted, err := s.store.DeleteUsers(ctx, in.applicationID, AnyOrigin, req.GetUserIds())
	if err != nil {
		return nil, err
	}
	if deleted > 0 {
		s.logger.InfoContext(ctx, "users of the directory were deleted",
			slog.String("application", in.applicationID), slog.Int("deleted", deleted))
	}
	return &audiencev1.DeleteUsersResponse{DeletedCount: int32(deleted)}, nil
}
