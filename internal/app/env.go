package app

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

// notAKey is the tag of fields that are not in the file.
const notAKey = "-"

// envPrefix begins the name of every variable of ours.
const envPrefix = "PALABRE_"

// readEnviron sets the keys that variables name: PALABRE_ and the path in capitals, its words and levels joined by
// underscores, such as PALABRE_DATABASE_URL or PALABRE_APPLICATIONS_GEOSECTOR_AUTH_JWT_SECRET. Values are YAML, so a list
// is [a, b].
func (c *Config) readEnviron(environ []string) error {
	// Sorted, so that PALABRE_APPLICATIONS comes before what it may hold.
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(variable, "=")
		path, ours := strings.CutPrefix(name, envPrefix)
		if !ours {
			continue
		}
		known, err := set(reflect.ValueOf(c).Elem(), path, value)
		if err != nil {
			return fmt.Errorf("environment: %s: %w", name, err)
		}
		if !known {
			return fmt.Errorf("environment: %s names no key of the configuration", name)
		}
	}
	return nil
}

// set gives the key at path below v a value, and says whether there is such a key.
func set(v reflect.Value, path, value string) (known bool, err error) {
	switch {
	case v.Kind() == reflect.Struct:
		return setField(v, path, value)
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct:
		return setEntry(v, path, value)
	default:
		return false, nil
	}
}

func setField(v reflect.Value, path, value string) (bool, error) {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		if key == notAKey {
			continue
		}
		name := envName(key)
		if path == name {
			return true, setScalar(v.Field(i), value)
		}
		if below, ok := strings.CutPrefix(path, name+"_"); ok {
			if known, err := set(v.Field(i), below, value); known || err != nil {
				return known, err
			}
		}
	}
	return false, nil
}

func setScalar(v reflect.Value, value string) error {
	// A string is taken as it is: a secret may look like YAML.
	if v.Kind() == reflect.String {
		v.SetString(value)
		return nil
	}
	if err := yaml.Unmarshal([]byte(value), v.Addr().Interface()); err != nil {
		return fmt.Errorf("is no %s", v.Type())
	}
	return nil
}

// setEntry sets a key of one of a map's entries, which is made when it is not there: named in lower case, up to the
// underscore behind which the rest is a key.
func setEntry(v reflect.Value, path, value string) (bool, error) {
	for end, r := range path {
		if r != '_' {
			continue
		}
		key := entryKey(v, path[:end])
		entry := reflect.New(v.Type().Elem()).Elem()
		if present := v.MapIndex(key); present.IsValid() {
			entry.Set(present)
		}
		known, err := set(entry, path[end+1:], value)
		if err != nil {
			return true, err
		}
		if known {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			v.SetMapIndex(key, entry)
			return true, nil
		}
	}
	return false, nil
}

func entryKey(v reflect.Value, name string) reflect.Value {
	for _, key := range v.MapKeys() {
		if envName(key.String()) == name {
			return key
		}
	}
	return reflect.ValueOf(strings.ToLower(name)).Convert(v.Type().Key())
}

// envName is how a key is written in the name of a variable: clientCaFile is CLIENT_CA_FILE.
func envName(key string) string {
	var b strings.Builder
	for _, r := range key {
		switch {
		case unicode.IsUpper(r):
			b.WriteByte('_')
			b.WriteRune(r)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToUpper(r))
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}

// Keys lists the names of all keys of the configuration, for the test that holds the documentation against them.
func Keys() []string {
	var keys []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Map || t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for i := range t.NumField() {
			if key := t.Field(i).Tag.Get("yaml"); key != notAKey {
				keys = append(keys, key)
				walk(t.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
	return keys
}
