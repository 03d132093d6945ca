package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

const (
	// jwksTimeout bounds one fetch of a document.
	jwksTimeout = 10 * time.Second
	// jwksRefresh is how often a document is fetched again. A key taken out of it is trusted that long at most.
	jwksRefresh = 15 * time.Minute
	// jwksUnknownKey is how often a token with an unknown key id may cause a fetch besides: anyone can make such tokens.
	jwksUnknownKey = time.Minute
	// jwksUnknownKeyWait bounds how long such a token waits for that fetch.
	jwksUnknownKeyWait = 5 * time.Second
	// jwksRetryMin and jwksRetryMax bound the pause before a document that was never had is asked for again.
	jwksRetryMin, jwksRetryMax = time.Second, time.Minute
)

// jwks is a document of public keys that an application publishes. The keys last fetched are used while it is out of reach.
type jwks struct {
	url    string
	client *http.Client
	logger *slog.Logger
	// storage holds the keys; nil until the document was had once.
	storage atomic.Pointer[jwkset.Storage]
}

func newJWKS(url string, client *http.Client, logger *slog.Logger) *jwks {
	return &jwks{url: url, client: client, logger: logger}
}

// run fetches the document until it is had once, and from then on keeps it fresh until the context ends. keyfunc refreshes
// by itself, but waits a whole interval after a first fetch that failed.
func (j *jwks) run(ctx context.Context) {
	for pause := jwksRetryMin; ; pause = min(2*pause, jwksRetryMax) {
		err := j.keepFresh(ctx)
		if ctx.Err() != nil {
			return
		}
		j.logger.WarnContext(ctx, "the application's JWKS document cannot be fetched", "url", j.url, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// keepFresh returns when the first fetch fails, or else when the context ends.
func (j *jwks) keepFresh(ctx context.Context) error {
	// keyfunc's refreshing goroutine runs even where the first fetch failed.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	keyset, err := j.fetch(ctx)
	if err != nil {
		return err
	}
	storage := keyset.Storage()
	j.storage.Store(&storage)
	<-ctx.Done()
	return nil
}

func (j *jwks) fetch(ctx context.Context) (keyfunc.Keyfunc, error) {
	mustSucceed := false
	return keyfunc.NewDefaultOverrideCtx(ctx, []string{j.url}, keyfunc.Override{
		Client:                    j.client,
		HTTPTimeout:               jwksTimeout,
		NoErrorReturnFirstHTTPReq: &mustSucceed,
		RefreshInterval:           jwksRefresh,
		RefreshUnknownKID:         rate.NewLimiter(rate.Every(jwksUnknownKey), 1),
		RateLimitWaitMax:          jwksUnknownKeyWait,
		RefreshErrorHandlerFunc:   j.refreshFailed,
	})
}

// failedKey is where a context holds whether the fetch made for its token failed.
type failedKey struct{}

func (j *jwks) refreshFailed(url string) func(context.Context, error) {
	return func(ctx context.Context, err error) {
		if failed, ok := ctx.Value(failedKey{}).(*bool); ok {
			*failed = true
		}
		j.logger.WarnContext(ctx, "the application's JWKS document cannot be refreshed", "url", url, "error", err)
	}
}

// keys answers the document's keys that may have signed a token. Errors: ErrKeysUnavailable when the document might have
// them and cannot be had, ErrBadToken when it has not.
func (j *jwks) keys(ctx context.Context, t *jwt.Token) ([]jwt.VerificationKey, error) {
	storage := j.storage.Load()
	if storage == nil {
		return nil, ErrKeysUnavailable
	}
	candidates, err := j.candidates(ctx, *storage, t)
	if err != nil {
		return nil, err
	}
	var keys []jwt.VerificationKey
	for _, c := range candidates {
		key, err := withAlgorithm(c.Key())
		if err != nil || key.alg != t.Method.Alg() {
			continue // A document may hold keys for other purposes.
		}
		keys = append(keys, key.key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: the JWKS document has no key for %s", ErrBadToken, t.Method.Alg())
	}
	return keys, nil
}

// candidates answers the key that the token names, fetching the document again when it is not there, or all keys when it
// names none.
func (j *jwks) candidates(ctx context.Context, storage jwkset.Storage, t *jwt.Token) ([]jwkset.JWK, error) {
	kid, named := t.Header["kid"].(string)
	if !named {
		return storage.KeyReadAll(ctx)
	}
	var failed bool
	key, err := storage.KeyRead(context.WithValue(ctx, failedKey{}, &failed), kid)
	switch {
	case err == nil:
		return []jwkset.JWK{key}, nil
	case errors.Is(err, jwkset.ErrKeyNotFound) && !failed:
		return nil, fmt.Errorf("%w: the JWKS document has no key %.80q", ErrBadToken, kid)
	default:
		// Out of reach, or asked for too often to ask again now.
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
}
