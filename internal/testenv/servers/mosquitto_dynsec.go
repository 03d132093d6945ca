package servers

import (
	"errors"
	"os"
	"path/filepath"

	shipped "github.com/palabre/palabre/deploy/mosquitto"
)

// dynamicSecurity makes settings those of a broker with the plugin, which reads no other files.
func (s *MosquittoServer) dynamicSecurity(settings map[string]string) error {
	plugins, _ := filepath.Glob("/usr/lib/*/mosquitto_dynamic_security.so")
	if len(plugins) == 0 {
		return errors.New("mosquitto_dynamic_security.so is not installed (Debian package mosquitto)")
	}
	settings["plugin"] = plugins[0]
	settings["plugin_opt_config_file"] = s.dynamicSecurityFile()
	delete(settings, "password_file")
	delete(settings, "acl_file")
	return nil
}

func (s *MosquittoServer) dynamicSecurityFile() string {
	return s.process.dir + "/dynamic-security.json"
}

// initDynamicSecurity runs the script that we ship.
func (s *MosquittoServer) initDynamicSecurity() error {
	dir := s.process.dir
	script, password := dir+"/init-dynsec", dir+"/gateway-password"
	if err := s.account.write(script, []byte(shipped.InitDynamicSecurity)); err != nil {
		return err
	}
	if err := s.account.write(password, []byte(s.GatewayPassword+"\n")); err != nil {
		return err
	}
	return s.account.run(dir, "/bin/sh", script, s.dynamicSecurityFile(), password)
}

// LoseAccounts makes a broker that is not running forget all accounts but the gateway's, as one does whose file was lost.
func (s *MosquittoServer) LoseAccounts() {
	s.t.Helper()
	check(s.t, os.Remove(s.dynamicSecurityFile()))
	check(s.t, s.initDynamicSecurity())
}
