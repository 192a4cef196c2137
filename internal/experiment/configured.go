package experiment

import "github.com/neurocredit/neurocredit/internal/config"

// Start begins the run of c, a struct of package config, in dir, or with resume
// goes on with the one that is there. Before the saved configuration is compared
// with c, reconcile, unless it is nil, may change either where they may differ;
// c is the configuration of the run when Start returns.
func Start[C any](dir string, c *C, resume bool, engine string, reconcile func(saved, c *C)) (*Run, error) {
	text, err := config.EncodeCommented(c)
	if err != nil {
		return nil, err
	}
	m := Manifest{Config: text, Engine: engine, Compare: func(saved []byte) ([]byte, []string) {
		var old C
		if err := config.Decode(saved, &old, configName); err != nil {
			return nil, []string{err.Error()}
		}
		if reconcile != nil {
			reconcile(&old, c)
		}
		text, err := config.EncodeCommented(c)
		if err != nil {
			return nil, []string{err.Error()}
		}
		return text, config.Diff(&old, c)
	}}
	if resume {
		return CreateOrResume(dir, m)
	}
	return Create(dir, m)
}

// Load opens the results directory dir for reading, with its configuration in c, a
// pointer to a struct of package config, and its metrics.
func Load(dir string, c any) (*Results, Table, error) {
	saved, err := Open(dir)
	if err != nil {
		return nil, Table{}, err
	}
	if err := config.Decode(saved.Config, c, dir+"/"+configName); err != nil {
		return nil, Table{}, err
	}
	table, err := saved.Metrics()
	return saved, table, err
}

// BegunBy returns the engine that began the run in dir, as its [Manifest] named it,
// and "" if there is no run.
func BegunBy(dir string) string {
	saved, err := Open(dir)
	if err != nil || len(saved.Versions) == 0 {
		return ""
	}
	return saved.Versions[0].Engine
}
