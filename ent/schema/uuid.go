package schema

import "entgo.io/ent/dialect"

// uuidColumn is how identifiers are kept where there is no type for them that MySQL and MariaDB share.
var uuidColumn = map[string]string{dialect.MySQL: "char(36)"}
