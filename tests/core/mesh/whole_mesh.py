"""One mesh with every kind of object and nearly every field that shapes its routes."""

from typing import Any

from pipeline.core.yaml.reader import load_all

_TEXT = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "outboundTrafficPolicy: {mode: ALLOW_ANY}\\ndefaultHttpRetryPolicy: {attempts: 3}\\n"}
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: istio-system, labels: {istio: gateway}}
spec:
  clusterIP: 10.0.0.1
  selector: {istio: gateway}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: web}, {name: tcp, port: 9000}]
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: shop, annotations: {networking.istio.io/exportTo: "*"}}
spec:
  clusterIP: 10.0.0.2
  selector: {app: a}
  ports:
  - {name: http, port: 80, appProtocol: http}
  - {name: x, port: 81}
  - {name: mongo, port: 82}
  - {name: u, port: 53, protocol: UDP}
---
apiVersion: v1
kind: Service
metadata: {name: b, namespace: shop}
spec: {clusterIP: None, selector: {app: b}, ports: [{name: http, port: 80}, {name: tcp, port: 9}]}
---
apiVersion: v1
kind: Service
metadata: {name: c, namespace: shop}
spec: {type: ExternalName, externalName: a.shop.svc.cluster.local, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata: {labels: {app: a}}
    spec: {serviceAccountName: a, containers: [{name: a, ports: [{name: web, containerPort: 8080}]}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: shop}
spec:
  hosts: [db.example, "*.wild.example"]
  addresses: [192.0.2.7, 192.0.2.0/24]
  ports: [{number: 443, name: tls, protocol: TLS, targetPort: 8443}, {number: 80, name: http, protocol: HTTP}]
  resolution: STATIC
  location: MESH_INTERNAL
  exportTo: ["."]
  endpoints: [{address: 198.51.100.1, labels: {v: "1"}, serviceAccount: x}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: d, namespace: shop}
spec:
  hosts: [dns.example]
  ports: [{number: 5432, name: tcp, protocol: TCP}]
  resolution: DNS
  workloadSelector: {labels: {app: db}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: w, namespace: shop}
spec: {address: db1.example, labels: {app: db}, ports: {tcp: 5433}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: g, namespace: istio-system}
spec:
  selector: {istio: gateway}
  servers:
  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*/shop.example.org"], tls: {httpsRedirect: true}}
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [shop/shop.example.org]
    tls: {mode: SIMPLE, credentialName: c}
  - {port: {number: 443, name: tls, protocol: TLS}, hosts: [pass.example.org], tls: {mode: PASSTHROUGH}}
  - {port: {number: 9000, name: tcp, protocol: TCP}, hosts: ["*"], bind: 10.0.0.1}
  - {port: {number: 15443, name: auto, protocol: TLS}, hosts: ["*.local"], tls: {mode: AUTO_PASSTHROUGH}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v, namespace: shop}
spec:
  hosts: [shop.example.org, a, "*.wild.example"]
  gateways: [istio-system/g, mesh]
  exportTo: ["*"]
  http:
  - name: n
    match:
    - uri: {prefix: /p}
      headers: {k: {exact: v}, "@request.auth.claims.group": {exact: x}}
      withoutHeaders: {z: {regex: "x.*"}}
      queryParams: {q: {exact: "1"}}
      method: {exact: POST}
      sourceLabels: {app: a}
      sourceNamespace: shop
      gateways: [mesh]
      port: 80
      name: m
      ignoreUriCase: true
    rewrite: {uri: /n, authority: x.example, uriRegexRewrite: {match: a, rewrite: b}}
    headers: {request: {set: {host: y.example, k: v}, add: {a: b}, remove: [c]}}
    timeout: 1.5s
    retries: {attempts: 4, perTryTimeout: 1s, retryOn: 5xx}
    fault: {delay: {fixedDelay: 1s, percentage: {value: 10}}}
    mirror: {host: b, port: {number: 80}}
    mirrorPercentage: {value: 10}
    mirrors: [{destination: {host: a}, percentage: {value: 5}}]
    corsPolicy: {allowOrigins: [{exact: "*"}]}
    route:
    - {destination: {host: a, subset: v1, port: {number: 80}}, weight: 75, headers: {response: {set: {x: y}}}}
    - {destination: {host: b}, weight: 25}
  - match: [{uri: {regex: "/r.*"}}]
    redirect: {uri: /to, authority: c.example, redirectCode: 308, scheme: https, derivePort: FROM_REQUEST_PORT}
  - match: [{uri: {exact: /d}}]
    directResponse: {status: 503, body: {string: no}}
  - match: [{uri: {prefix: /delegated}}]
    delegate: {name: inner, namespace: shop}
  - route: [{destination: {host: a}}]
  tls:
  - match: [{sniHosts: [pass.example.org], port: 443, destinationSubnets: [10.0.0.0/8], gateways: [istio-system/g]}]
    route: [{destination: {host: db.example, port: {number: 443}}, weight: 100}]
  tcp:
  - match: [{port: 9000, destinationSubnets: [10.0.0.0/8], sourceLabels: {app: a}}]
    route: [{destination: {host: a, port: {number: 81}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: inner, namespace: shop}
spec:
  http: [{match: [{uri: {prefix: /delegated/x}}], route: [{destination: {host: a}}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a, namespace: shop}
spec:
  host: a
  exportTo: ["*"]
  workloadSelector: {matchLabels: {app: a}}
  trafficPolicy:
    tls: {mode: SIMPLE, credentialName: c}
    loadBalancer: {consistentHash: {httpHeaderName: x}}
    portLevelSettings: [{port: {number: 81}, tls: {mode: MUTUAL, clientCertificate: a, privateKey: b}}]
  subsets: [{name: v1, labels: {version: v1}, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}}]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: s, namespace: shop}
spec:
  workloadSelector: {labels: {app: a}}
  outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: b, port: {number: 80}}}
  ingress: [{port: {number: 9080, protocol: HTTP, name: x}, defaultEndpoint: 127.0.0.1:8080}]
  egress:
  - {port: {number: 15002, protocol: HTTP_PROXY, name: p}, bind: 127.0.0.1, captureMode: NONE, hosts: ["*/*"]}
  - {port: {number: 80, protocol: HTTP, name: h}, hosts: ["./a.shop.svc.cluster.local"]}
  - {hosts: ["./*", "istio-system/*"]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: p, namespace: shop}
spec: {selector: {matchLabels: {}}, mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: z, namespace: shop}
spec: {selector: {matchLabels: {app: a}}, rules: [{}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: api, namespace: shop}
spec:
  gatewayClassName: istio
  addresses: [{type: Hostname, value: edge.istio-system.svc.cluster.local}]
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: "*.api.example", allowedRoutes: {namespaces: {from: All}}}
  - name: https
    port: 443
    protocol: HTTPS
    tls: {mode: Terminate, certificateRefs: [{name: c}]}
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {a: b}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  parentRefs: [{name: api, sectionName: http, port: 80, namespace: shop}, {kind: Service, name: a}]
  hostnames: [x.api.example]
  rules:
  - matches:
    - path: {type: PathPrefix, value: /p}
      headers: [{name: k, value: v, type: Exact}]
      queryParams: [{name: q, value: "1"}]
      method: GET
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}], remove: [c]}}
    - {type: URLRewrite, urlRewrite: {hostname: y, path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}
    - {type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}
    timeouts: {request: 3s}
    retry: {attempts: 2}
    backendRefs: [{name: a, port: 80, weight: 3}, {name: b, namespace: other, port: 80}]
  - filters:
    - type: RequestRedirect
      requestRedirect: {scheme: https, path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: g, namespace: shop}
spec: {parentRefs: [{name: api}], rules: [{matches: [{method: {service: s, method: m}}], backendRefs: [{name: a}]}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: other}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}], to: [{kind: Service, name: b}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: shop, annotations: {kubernetes.io/ingress.class: istio}}
spec:
  tls: [{hosts: [i.example], secretName: c}]
  defaultBackend: {service: {name: a, port: {number: 80}}}
  rules:
  - host: i.example
    http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: a, port: {name: x}}}}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {a: b}}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: f, namespace: shop}
spec: {configPatches: []}
"""

WHOLE: list[Any] = load_all(_TEXT)
