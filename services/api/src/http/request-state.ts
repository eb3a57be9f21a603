/** What the middleware knows of a request. */
export interface RequestState {
  requestId: string
  /** The pattern of the route, for logs and metrics; never the address itself, which has ids. */
  routePattern: string
}
