// Command vault-kv runs a Vault server in memory with its KV secrets engine, as `vault server -dev` does: unsealed, with a root
// token that is given, and version 2 of KV at secret/. The vendor's own command links every other engine and the clouds that
// they talk to as well, which multiplies the build and is never used here.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/command/server"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var version = "unknown"

func main() {
	address := flag.String("address", "127.0.0.1:8200", "host and port to listen on")
	token := flag.String("token", "", "the root token")
	tell := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *tell {
		fmt.Println("Vault v" + version)
		return
	}
	if err := serve(*address, *token); err != nil {
		log.Fatal(err)
	}
}

func serve(address, token string) error {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:        storage,
		LogicalBackends: map[string]logical.Factory{"kv": kv.Factory},
		BuiltinRegistry: onlyKV{},
		DisableMlock:    true,
		Logger:          logger,
		RawConfig:       &server.Config{SharedConfig: &configutil.SharedConfig{}},
	})
	if err != nil {
		return err
	}
	if err := prepare(core, token); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	properties := &vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{Address: address}}
	return http.Serve(listener, vaulthttp.Handler.Handler(properties))
}

// prepare initializes and unseals the server, makes the root token and mounts KV.
func prepare(core *vault.Core, token string) error {
	ctx := namespace.RootContext(context.Background())
	begun, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1, StoredShares: 1, Name: "shamir"},
	})
	if err != nil {
		return err
	}
	if _, err := core.Unseal(append([]byte(nil), begun.SecretShares[0]...)); err != nil {
		return err
	}
	requests := []*logical.Request{
		{Path: "auth/token/create", Data: map[string]any{
			"id": token, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true,
		}},
		{Path: "sys/mounts/secret", Data: map[string]any{
			"type": "kv", "path": "secret/", "options": map[string]string{"version": "2"},
		}},
	}
	for _, request := range requests {
		request.Operation, request.ClientToken = logical.UpdateOperation, begun.RootToken
		if answer, err := core.HandleRequest(ctx, request); err != nil {
			return fmt.Errorf("%s: %w", request.Path, err)
		} else if answer != nil && answer.IsError() {
			return fmt.Errorf("%s: %w", request.Path, answer.Error())
		}
	}
	return nil
}

// onlyKV is the registry of built-in plugins of this server.
type onlyKV struct{}

func (onlyKV) Contains(name string, kind consts.PluginType) bool {
	return name == "kv" && kind == consts.PluginTypeSecrets
}

func (registry onlyKV) Get(name string, kind consts.PluginType) (func() (any, error), bool) {
	if !registry.Contains(name, kind) {
		return nil, false
	}
	return func() (any, error) { return logical.Factory(kv.Factory), nil }, true
}

func (onlyKV) Keys(kind consts.PluginType) []string {
	if kind == consts.PluginTypeSecrets {
		return []string{"kv"}
	}
	return nil
}

func (registry onlyKV) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, registry.Contains(name, kind)
}

func (onlyKV) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
