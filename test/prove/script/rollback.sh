#!/bin/bash
# rollback.sh

set -e

NAMESPACE="${1:-production}"
DEPLOYMENT="${2:-api}"
REVISION="${3:-}"

echo "🔄 Starting rollback for $DEPLOYMENT in $NAMESPACE"

# Capture current state
CURRENT_REVISION=$(kubectl rollout history deployment/$DEPLOYMENT -n $NAMESPACE | tail -2 | head -1 | awk '{print $1}')
echo "Current revision: $CURRENT_REVISION"

# Perform rollback
if [ -z "$REVISION" ]; then
  echo "Rolling back to previous version..."
  kubectl rollout undo deployment/$DEPLOYMENT -n $NAMESPACE
else
  echo "Rolling back to revision $REVISION..."
  kubectl rollout undo deployment/$DEPLOYMENT -n $NAMESPACE --to-revision=$REVISION
fi

# Wait for rollout
echo "Waiting for rollout to complete..."
kubectl rollout status deployment/$DEPLOYMENT -n $NAMESPACE --timeout=5m

# Verify pods
echo "Verifying pods..."
kubectl get pods -n $NAMESPACE -l app=$DEPLOYMENT

# Health check
echo "Running health check..."
POD=$(kubectl get pods -n $NAMESPACE -l app=$DEPLOYMENT -o jsonpath='{.items[0].metadata.name}')
kubectl exec -n $NAMESPACE $POD -- wget -q -O- http://localhost:3000/health || {
  echo "❌ Health check failed!"
  exit 1
}

echo "✅ Rollback completed successfully"
