package database

import (
	"container/list"
	"database/sql/driver"
)

// keptText bounds the text of the statements that a connection keeps, and with it their memory, which is several times
// that. Ours are some hundred, of mostly less than 1 KiB; the rest is for bulk inserts, whose text depends on how many
// rows they have.
const keptText = 512 << 10

// sqliteStmt is what the driver's statements can do for database/sql.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// statement is a prepared statement. SQLite prepares it again by itself when the schema has changed.
type statement struct {
	sqliteStmt
	text string
}

// statements are those of one connection that nobody uses at the moment, the one that was used last in front. One that is
// in use is its user's alone: the same text may be run again meanwhile, by a statement of its own.
type statements struct {
	most   int // of size
	size   int // the bytes of all texts
	byText map[string]*list.Element
	recent *list.List
}

func newStatements(most int) *statements {
	return &statements{most: most, byText: map[string]*list.Element{}, recent: list.New()}
}

// take answers a statement that is out of the way from now on, or nil if there is none with this text.
func (k *statements) take(text string) *statement {
	e, ok := k.byText[text]
	if !ok {
		return nil
	}
	return k.remove(e)
}

// giveBack keeps a statement after its use, in the place of those not used for longest. One that failed is not kept, so
// that whatever is wrong with it ends here.
func (k *statements) giveBack(s *statement, failed error) {
	if _, same := k.byText[s.text]; same || failed != nil || len(s.text) > k.most {
		_ = s.Close()
		return
	}
	k.byText[s.text] = k.recent.PushFront(s)
	for k.size += len(s.text); k.size > k.most; {
		_ = k.remove(k.recent.Back()).Close()
	}
}

func (k *statements) remove(e *list.Element) *statement {
	s := k.recent.Remove(e).(*statement)
	delete(k.byText, s.text)
	k.size -= len(s.text)
	return s
}

func (k *statements) close() {
	for e := k.recent.Front(); e != nil; e = k.recent.Front() {
		_ = k.remove(e).Close()
	}
}
