// Package check_test holds what deploys and watches aclens against the libraries
// of the programs that read it: Helm's and Kubernetes' own, Prometheus' parser,
// Compose's loader. It is a module of its own because these are large.
package check_test

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/aclens/aclens/config"
)

const chartDir = "../helm/aclens"

// least is what nobody can leave out.
const least = `
config:
  directory: {ldap: {urls: ["ldaps://ldap1.example.com"], bindDN: "cn=reader,o=acme", bindPasswordFile: /run/aclens/secrets/reader, bases: ["o=acme"]}}
  databases: {dxl: [/data/acls], homeServers: [Hub1/Acme]}
  clients: [{dn: "cn=sso,ou=services,o=acme", read: [people, groups, access]}]
secrets: [{name: reader, secretName: aclens-reader, key: password}]
sources: [{name: acls, volume: {persistentVolumeClaim: {claimName: domino-exports}}}]
`

// most switches on whatever can be.
const most = least + `
tls: {secretName: aclens-tls, clientCA: true}
env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: domino, key: token}}}]
imagePullSecrets: [{name: registry}]
bindPrivilegedPorts: true
ports: {ldap: 389, ldaps: 636, http: 443}
service: {type: LoadBalancer, externalTrafficPolicy: Local, loadBalancerSourceRanges: [10.0.0.0/8], annotations: {a: b}}
persistence: {enabled: true, storageClassName: fast}
autoscaling: {enabled: true, connections: 2000}
antiAffinity: hard
nodeSelector: {disk: ssd}
tolerations: [{key: ldap, operator: Exists}]
priorityClassName: high
podAnnotations: {a: b}
podLabels: {team: identity}
serviceAccount: {annotations: {a: b}}
networkPolicy:
  clients: [{namespaceSelector: {matchLabels: {ldap: "yes"}}}]
  scrapers: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
  egressPeers: [{ipBlock: {cidr: 10.0.0.0/8}}]
serviceMonitor: {enabled: true, labels: {release: prometheus}}
prometheusRule: {enabled: true, labels: {release: prometheus}}
dashboard: {enabled: true}
`

func valuesOf(t *testing.T, text string) map[string]any {
	t.Helper()
	var values map[string]any
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// render is what helm template does, the schema of the values included.
func render(t *testing.T, text string) (map[string]string, error) {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // Helm tells of every symbolic link
	chart, err := loader.LoadDir(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	values, err := util.ToRenderValues(chart, valuesOf(t, text), common.ReleaseOptions{Name: "directory", Namespace: "identity", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, values)
}

// objects are rendered objects by kind and name, each decoded so that a field that
// Kubernetes does not know is an error.
func objects(t *testing.T, text string) map[string]any {
	t.Helper()
	files, err := render(t, text)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]any{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(file) != ".yaml" {
			continue
		}
		for _, part := range strings.Split("\n"+files[file], "\n---") {
			if strings.TrimSpace(regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(part, "")) == "" {
				continue
			}
			var head struct {
				Kind     string `json:"kind"`
				Metadata struct {
					Name string `json:"name"`
				} `json:"metadata"`
			}
			if err := yaml.Unmarshal([]byte(part), &head); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, part)
			}
			object := newObject(head.Kind)
			if object == nil {
				t.Fatalf("%s: no type for %q", file, head.Kind)
			}
			if err := yaml.UnmarshalStrict([]byte(part), object); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, part)
			}
			found[head.Kind+"/"+head.Metadata.Name] = object
		}
	}
	return found
}

func newObject(kind string) any {
	return map[string]any{
		"ConfigMap": &core.ConfigMap{}, "Service": &core.Service{}, "ServiceAccount": &core.ServiceAccount{},
		"Deployment": &apps.Deployment{}, "StatefulSet": &apps.StatefulSet{},
		"PodDisruptionBudget": &policy.PodDisruptionBudget{}, "HorizontalPodAutoscaler": &autoscaling.HorizontalPodAutoscaler{},
		"NetworkPolicy": &networking.NetworkPolicy{}, "ServiceMonitor": &monitoring.ServiceMonitor{}, "PrometheusRule": &monitoring.PrometheusRule{},
	}[kind]
}

func one[T any](t *testing.T, all map[string]any, name string) *T {
	t.Helper()
	object, ok := all[name].(*T)
	if !ok {
		t.Fatalf("no %s among %v", name, slices.Sorted(maps.Keys(all)))
	}
	return object
}

func TestHelmFindsNoFaultInTheChart(t *testing.T) {
	for name, values := range map[string]string{"least": least, "most": most} {
		for _, m := range lint.RunAll(chartDir, valuesOf(t, values), "identity").Messages {
			if !strings.Contains(m.Error(), "icon is recommended") {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
}

func TestValuesThatMeanNothingAreRefused(t *testing.T) {
	for sentence, values := range map[string]string{
		"no configuration":                 "",
		"a configuration with no source":   "config: {clients: []}",
		"a key that does not exist":        least + "replicas: 3",
		"what the chart writes itself":     "config: {directory: {ldif: [a]}, listen: {ldap: ':1'}}",
		"state, which is the chart's":      "config: {directory: {ldif: [a]}, state: {dir: /x}}",
		"a secret inline":                  "config: {directory: {ldif: [a]}}\nsecrets: [{name: a, value: hidden}]",
		"a port that is none":              least + "ports: {ldap: 70000}",
		"a digest that is none":            least + "image: {digest: latest}",
		"autoscaling by nothing":           least + "autoscaling: {enabled: true, cpuPercent: 0, connections: 0}",
		"an anti-affinity that is no word": least + "antiAffinity: strong",
	} {
		if _, err := render(t, values); err == nil {
			t.Errorf("%s passes", sentence)
		}
	}
	if _, err := render(t, least); err != nil {
		t.Errorf("what is right does not pass: %v", err)
	}
}

func podOf(t *testing.T, all map[string]any) (kind string, pod core.PodTemplateSpec) {
	t.Helper()
	if d, ok := all["Deployment/directory-aclens"].(*apps.Deployment); ok {
		return "Deployment", d.Spec.Template
	}
	return "StatefulSet", one[apps.StatefulSet](t, all, "StatefulSet/directory-aclens").Spec.Template
}

func TestPodsMayDoNothingThatTheyNeedNot(t *testing.T) {
	for name, values := range map[string]string{"least": least, "most": most} {
		t.Run(name, func(t *testing.T) {
			_, pod := podOf(t, objects(t, values))
			spec, c := pod.Spec, pod.Spec.Containers[0]
			if len(spec.Containers) != 1 || len(spec.InitContainers) != 0 {
				t.Fatal("more than one container")
			}
			if spec.HostNetwork || spec.HostPID || spec.HostIPC || *spec.AutomountServiceAccountToken {
				t.Error("the pod has something of its host or of the API")
			}
			if s := spec.SecurityContext; !*s.RunAsNonRoot || *s.RunAsUser != 65532 || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
				t.Errorf("the pod runs as %+v", s)
			}
			s := c.SecurityContext
			if *s.AllowPrivilegeEscalation || *s.Privileged || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) {
				t.Errorf("the container runs as %+v", s)
			}
			var added []core.Capability
			if name == "most" {
				added = []core.Capability{"NET_BIND_SERVICE"}
			}
			if !slices.Equal(s.Capabilities.Add, added) {
				t.Errorf("it has %v, and %v is asked for", s.Capabilities.Add, added)
			}
			for _, m := range c.VolumeMounts {
				if !m.ReadOnly && m.Name != "state" {
					t.Errorf("%s may be written", m.MountPath)
				}
			}
			if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
				t.Error("no resources are asked for")
			}
		})
	}
}

func TestPodsEndAfterWhatTheyHaveBegun(t *testing.T) {
	source, err := os.ReadFile("../../cmd/aclens/drain.go")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`drainTime = (\d+) \* time\.Second`).FindSubmatch(source)
	if m == nil {
		t.Fatal("cmd/aclens/drain.go has no drainTime")
	}
	drain, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, least+"drainSeconds: 42")
	_, pod := podOf(t, all)
	if grace := *pod.Spec.TerminationGracePeriodSeconds; grace <= int64(42+drain) {
		t.Errorf("%d s are not enough for a delay of 42 s and a drain of %d s", grace, drain)
	}
	c := pod.Spec.Containers[0]
	for probe, want := range map[*core.Probe]string{c.StartupProbe: "/healthz", c.LivenessProbe: "/healthz", c.ReadinessProbe: "/readyz"} {
		if probe.HTTPGet.Path != want || probe.HTTPGet.Port.StrVal != "metrics" {
			t.Errorf("a probe asks %+v, not %s", probe.HTTPGet, want)
		}
	}
	if heard := c.ReadinessProbe.PeriodSeconds * c.ReadinessProbe.FailureThreshold; heard > 10 {
		t.Errorf("a pod that drains is noticed after %d s; drainSeconds is 10", heard)
	}
}

func TestThereAreTwoOfEverythingAndTheyKeepApart(t *testing.T) {
	all := objects(t, least)
	d := one[apps.Deployment](t, all, "Deployment/directory-aclens")
	if *d.Spec.Replicas < 2 || d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
		t.Errorf("replicas: %d, strategy %+v", *d.Spec.Replicas, d.Spec.Strategy)
	}
	if len(d.Spec.Template.Spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution) != 1 || len(d.Spec.Template.Spec.TopologySpreadConstraints) != 1 {
		t.Error("they may all stand on one node or in one zone")
	}
	labels := d.Spec.Template.Labels
	selectors := map[string]map[string]string{
		"the deployment": d.Spec.Selector.MatchLabels,
		"the budget":     one[policy.PodDisruptionBudget](t, all, "PodDisruptionBudget/directory-aclens").Spec.Selector.MatchLabels,
		"the service":    one[core.Service](t, all, "Service/directory-aclens").Spec.Selector,
		"the policy":     one[networking.NetworkPolicy](t, all, "NetworkPolicy/directory-aclens").Spec.PodSelector.MatchLabels,
		"the spread":     d.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
	}
	for who, selector := range selectors {
		if len(selector) < 2 {
			t.Errorf("%s selects by %v", who, selector)
		}
		for k, v := range selector {
			if labels[k] != v {
				t.Errorf("%s selects %s=%s, pods have %q", who, k, v, labels[k])
			}
		}
	}
	grown := objects(t, most)
	s := one[apps.StatefulSet](t, grown, "StatefulSet/directory-aclens")
	if s.Spec.Replicas != nil {
		t.Error("the chart and the autoscaler both set the number of replicas")
	}
	if _, ok := grown["Service/"+s.Spec.ServiceName]; !ok {
		t.Errorf("no service %s", s.Spec.ServiceName)
	}
	if len(s.Spec.Template.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution) != 1 {
		t.Error("hard anti-affinity is not")
	}
	hpa := one[autoscaling.HorizontalPodAutoscaler](t, grown, "HorizontalPodAutoscaler/directory-aclens")
	if hpa.Spec.ScaleTargetRef.Kind != "StatefulSet" || len(hpa.Spec.Metrics) != 2 || hpa.Spec.Metrics[1].Pods.Metric.Name != "aclens_connections" {
		t.Errorf("it scales %+v by %+v", hpa.Spec.ScaleTargetRef, hpa.Spec.Metrics)
	}
}

// Every named port that a service, a probe or a policy means is one of the pod's.
func TestNamedPortsAreThere(t *testing.T) {
	for name, values := range map[string]string{"least": least, "most": most} {
		all := objects(t, values)
		_, pod := podOf(t, all)
		ports := map[string]bool{}
		for _, p := range pod.Spec.Containers[0].Ports {
			ports[p.Name] = true
		}
		check := func(who, port string) {
			if !ports[port] {
				t.Errorf("%s: %s means port %q, the pod has %v", name, who, port, ports)
			}
		}
		for _, service := range []string{"directory-aclens", "directory-aclens-metrics"} {
			for _, p := range one[core.Service](t, all, "Service/"+service).Spec.Ports {
				check(service, p.TargetPort.StrVal)
			}
		}
		for _, rule := range one[networking.NetworkPolicy](t, all, "NetworkPolicy/directory-aclens").Spec.Ingress {
			for _, p := range rule.Ports {
				check("the policy", p.Port.StrVal)
			}
		}
	}
}

func TestWhatWatchesIsWhatTheRepositoryHolds(t *testing.T) {
	all := objects(t, most)
	var want monitoring.PrometheusRuleSpec
	if err := yaml.UnmarshalStrict([]byte(read(t, "../prometheus/aclens.rules.yaml")), &want); err != nil {
		t.Fatal(err)
	}
	got := one[monitoring.PrometheusRule](t, all, "PrometheusRule/directory-aclens").Spec
	if len(want.Groups) < 3 || !reflect.DeepEqual(got, want) {
		t.Error("PrometheusRule holds other rules")
	}
	if one[core.ConfigMap](t, all, "ConfigMap/directory-aclens-dashboard").Data["aclens.json"] != read(t, "../grafana/aclens.json") {
		t.Error("the ConfigMap holds another dashboard")
	}
	watched := one[monitoring.ServiceMonitor](t, all, "ServiceMonitor/directory-aclens")
	for k, v := range watched.Spec.Selector.MatchLabels {
		if got := one[core.Service](t, all, "Service/directory-aclens-metrics").Labels[k]; got != v {
			t.Errorf("ServiceMonitor selects %s=%s, the service has %q", k, v, got)
		}
		if k == "app.kubernetes.io/component" && one[core.Service](t, all, "Service/directory-aclens").Labels[k] == v {
			t.Error("every replica would be scraped twice")
		}
	}
}

// The configuration is loaded as the pod would: a path in it that no volume
// brings is a fault of the chart.
func TestAclensTakesTheConfigurationOfTheChart(t *testing.T) {
	for name, values := range map[string]string{"least": least, "most": most} {
		t.Run(name, func(t *testing.T) {
			all := objects(t, values)
			_, pod := podOf(t, all)
			text := one[core.ConfigMap](t, all, "ConfigMap/directory-aclens").Data["aclens.yaml"]
			root := t.TempDir()
			for _, m := range pod.Spec.Containers[0].VolumeMounts {
				if err := os.MkdirAll(filepath.Join(root, m.MountPath), 0o700); err != nil {
					t.Fatal(err)
				}
				text = strings.ReplaceAll(text, " "+m.MountPath+"/", " "+root+m.MountPath+"/")
				text = strings.ReplaceAll(text, " "+m.MountPath+"\n", " "+root+m.MountPath+"\n")
			}
			for _, m := range regexp.MustCompile(`(?:File|certFile|keyFile): (/\S+)`).FindAllStringSubmatch(text, -1) {
				if !strings.HasPrefix(m[1], root) {
					t.Errorf("no volume brings %s", m[1])
				}
				if err := os.WriteFile(m[1], []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			file := filepath.Join(root, "etc/aclens/aclens.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := config.Load(file)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			ports := map[string]string{"ldap": c.Listen.LDAP, "ldaps": c.Listen.LDAPS, "http": c.Listen.HTTP, "metrics": c.Listen.Metrics}
			for _, p := range pod.Spec.Containers[0].Ports {
				if ports[p.Name] != fmt.Sprintf(":%d", p.ContainerPort) {
					t.Errorf("port %s is %d in the pod and %q in the configuration", p.Name, p.ContainerPort, ports[p.Name])
				}
				delete(ports, p.Name)
			}
			for key, address := range ports {
				if address != "" {
					t.Errorf("listen.%s is %s, and the pod has no such port", key, address)
				}
			}
		})
	}
}

func TestAnotherConfigurationMakesOtherPods(t *testing.T) {
	sum := func(values string) string {
		_, pod := podOf(t, objects(t, values))
		return pod.Annotations["checksum/config"]
	}
	first, again, other := sum(least), sum(least), sum(least+"drainSeconds: 20")
	if first == "" || first != again || first == other {
		t.Error("the checksum does not follow the configuration")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
