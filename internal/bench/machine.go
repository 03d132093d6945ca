package bench

import (
	"bufio"
	"os"
	"runtime"
	"strings"
)

// Machine is where a run was made. Client and server share it when their addresses say so.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	OS    string `json:"os"`
}

// ThisMachine describes the one that the client runs on.
func ThisMachine() Machine {
	return Machine{CPU: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version(), OS: system()}
}

// String is a line for people.
func (m Machine) String() string {
	return strings.Join([]string{m.CPU, plural(m.Cores, "core"), m.OS, m.Go}, ", ")
}

// cpuModel is what Linux calls the processor, and the architecture elsewhere.
func cpuModel() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// system is the operating system with Linux's version.
func system() string {
	version, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return runtime.GOOS + " " + strings.TrimSpace(string(version))
}
