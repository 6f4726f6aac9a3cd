/**
 * Command lines as public runbooks, scripts and workflows write them, with the names changed: for each source, the lines
 * and what import must make of them. `typed`: a step of that kind, or merged into one; `text`: a person; `refused`.
 */
export interface Source {
  sort: 'script' | 'runbook' | 'workflow' | 'guide'
  lines: readonly (readonly [string, Expected])[]
}

export type Expected = `typed ${string}` | 'merged' | 'shown' | 'text' | 'refused'

export const CORPUS: readonly Source[] = [
  {
    sort: 'script',
    lines: [
      ['kubectl rollout undo deployment/$DEPLOYMENT_NAME --namespace=$NAMESPACE', 'typed kubernetes'],
      ['kubectl rollout status deployment/$DEPLOYMENT_NAME --namespace=$NAMESPACE', 'merged'],
    ],
  },
  {
    sort: 'script',
    lines: [
      ['kubectl --namespace=${NS} rollout undo deployment/web --to-revision=2', 'typed kubernetes'],
      ['kubectl --namespace=${NS} rollout status deployment/web', 'merged'],
    ],
  },
  {
    sort: 'script',
    lines: [
      ['kubectl rollout history deployment/app01', 'shown'],
      ['kubectl rollout undo deployment/app01', 'typed kubernetes'],
      ['kubectl rollout restart deployment/app01', 'text'],
    ],
  },
  {
    sort: 'script',
    lines: [
      ['kubectl rollout undo deployment/$APP_NAME -n "$NAMESPACE"', 'typed kubernetes'],
      ['kubectl rollout status deployment/$APP_NAME -n "$NAMESPACE"', 'merged'],
      ['curl -fsS "$HEALTH_CHECK_URL"', 'text'],
    ],
  },
  {
    sort: 'script',
    lines: [
      ['kubectl rollout undo deployment/backend --to-revision=$REVISION -n $NAMESPACE', 'typed kubernetes'],
      ['kubectl rollout status deployment/backend -n $NAMESPACE --timeout=300s', 'merged'],
      ['kubectl get pods -l app=backend -n $NAMESPACE', 'shown'],
    ],
  },
  {
    sort: 'runbook',
    lines: [
      ['kubectl --kubeconfig "$KUBECONFIG" -n web rollout undo deployment/control-plane', 'text'],
      ['kubectl --kubeconfig "$KUBECONFIG" -n web rollout status deployment/control-plane', 'text'],
      ['kubectl --kubeconfig "$KUBECONFIG" -n web delete -f "$manifest"', 'text'],
      ['curl --http2 -fsS https://web.example.org/healthz', 'typed check'],
    ],
  },
  {
    sort: 'guide',
    lines: [
      ['kubectl rollout undo deployment/links -n links', 'typed kubernetes'],
      ['kubectl set image deployment/links links=links:1.44 -n links', 'text'],
    ],
  },
  { sort: 'workflow', lines: [['kubectl rollout undo deployment/warehouse', 'typed kubernetes']] },
  {
    sort: 'runbook',
    lines: [
      ['alembic downgrade -1', 'text'],
      ['kubectl rollout status deployment/predict', 'text'],
      ['kubectl rollout undo deployment/predict', 'typed kubernetes'],
      ['alembic current', 'shown'],
    ],
  },
  {
    sort: 'guide',
    lines: [
      ['helm status shop -n shop', 'shown'],
      ['helm rollback shop 1 -n shop', 'typed helm'],
      ['helm uninstall shop -n shop', 'refused'],
    ],
  },
  {
    sort: 'runbook',
    lines: [
      ['helm history apollo -n apollo', 'shown'],
      ['helm rollback apollo -n apollo', 'typed helm'],
      ['git revert HEAD', 'typed git-revert'],
      ['kubectl apply -k deploy/overlays/prod', 'text'],
    ],
  },
  {
    sort: 'runbook',
    lines: [
      ['helm history desk -n desk', 'shown'],
      ['helm rollback desk <revision> -n desk', 'typed helm'],
    ],
  },
  {
    sort: 'guide',
    lines: [
      ['helm history odd-goat', 'shown'],
      ['helm rollback odd-goat 1', 'typed helm'],
    ],
  },
  { sort: 'guide', lines: [['helm rollback verify --namespace verify', 'typed helm']] },
  {
    sort: 'guide',
    lines: [
      ['kubectl rollout history deployment/hello', 'shown'],
      ['kubectl rollout undo deployment/hello', 'typed kubernetes'],
      ['kubectl rollout status deployment/hello', 'merged'],
    ],
  },
  {
    sort: 'guide',
    lines: [
      ['argocd app history my-app', 'shown'],
      ['argocd app rollback my-app <REVISION-ID>', 'typed argo-cd'],
      ['argocd app sync my-app', 'refused'],
    ],
  },
  { sort: 'runbook', lines: [['argocd app rollback platform --to <revision>', 'text']] },
  { sort: 'runbook', lines: [['argocd app rollback interview <rev>', 'typed argo-cd']] },
  {
    sort: 'runbook',
    lines: [
      ['argocd app rollback server <revision-id>', 'typed argo-cd'],
      ['helm history server -n server', 'shown'],
      ['helm rollback server -n server', 'typed helm'],
    ],
  },
  {
    sort: 'guide',
    lines: [
      ['npx sequelize-cli db:migrate:undo --name 20210101120000-create-users.js', 'typed migrations'],
      ['npx sequelize-cli db:migrate:undo --steps 3', 'text'],
    ],
  },
  {
    sort: 'guide',
    lines: [
      ['npx sequelize-cli db:migrate:undo', 'typed migrations'],
      ['npx sequelize-cli db:migrate:undo:all', 'refused'],
    ],
  },
]
