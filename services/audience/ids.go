package audience

import "strings"

// checkID answers an error for an id of a role or an entity that not every database tells from another: to MariaDB an id
// is equal to itself with spaces after it, and an admin may see what is equal to their entity.
func checkID(field, id string) error {
	if strings.TrimSpace(id) != id {
		return invalid(field, "must not begin or end with white space")
	}
	return nil
}
