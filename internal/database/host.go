package database

import (
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
)

// OpenHost opens the database of a host product, PostgreSQL, MySQL or MariaDB, which is not reached before it is used.
func OpenHost(c Config) (*sql.DB, error) {
	src, err := c.parseHost()
	if err != nil {
		return nil, err
	}
	pool, err := src.open(0)
	if err != nil {
		return nil, fmt.Errorf("open the host's database: %w", err)
	}
	return pool, nil
}

// ValidateHost is Validate for a database of a host product.
func (c Config) ValidateHost() error {
	_, err := c.parseHost()
	return err
}

func (c Config) parseHost() (source, error) {
	src, err := c.parse()
	if err == nil && src.dialect == dialect.SQLite {
		return source{}, errors.New("url: is neither postgres://… nor mysql://…")
	}
	return src, err
}
