package database

import (
	"path/filepath"
	"testing"
)

// When this fails because there is no handle, the driver has moved it, and every value read costs a mutex again.
func TestConnectionsOfSQLiteHaveNoMutex(t *testing.T) {
	pool, err := openSQLite(filepath.Join(t.TempDir(), "palabre.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(driverConn any) error {
		handle := handleOf(driverConn.(*preparingConn).sqliteConn)
		if handle == nil || handle.Fmutex != 0 {
			t.Errorf("the handle is %v", handle)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
