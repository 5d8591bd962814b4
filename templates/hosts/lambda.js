
// The same at the edge's other end, where a function knows which origin is asked: only the spare has our files.
exports.handler = async (event) => {
  const request = event.Records[0].cf.request;
  if (!request.origin || !request.origin.s3) return request;
  const answer = handler({ request: { uri: request.uri, querystring: {} } });
  // To S3 a query string may be a command.
  request.querystring = '';
  if (!answer.statusCode) return Object.assign(request, { uri: answer.uri });
  const headers = {};
  for (const name in answer.headers) headers[name] = [{ key: name, value: answer.headers[name].value }];
  return { status: String(answer.statusCode), statusDescription: answer.statusDescription, headers: headers };
};
