// A worker written with Camunda's client for JavaScript: it does what the variable `wish` says.
import { BasicAuthInterceptor, Client, Variables, logger } from "camunda-external-task-client-js";

const { URL: baseUrl, WORKER: username, PASSWORD: password } = process.env;
const interceptors = new BasicAuthInterceptor({ username, password });
const client = new Client({ baseUrl, workerId: "js", interceptors, asyncResponseTimeout: 10000, interval: 10, use: logger });

client.subscribe("ship", { lockDuration: 60000 }, async ({ task, taskService }) => {
  const wish = task.variables.get("wish");
  if (wish === "complete") {
    await taskService.extendLock(task, 120000);
    const found = new Variables().setAll({ receipt: { by: "js", address: task.variables.get("address") }, price: 12.5, paid: true });
    await taskService.complete(task, found, new Variables().set("note", "local"));
  } else if (wish === "fail") {
    const retries = task.retries === null ? 1 : task.retries - 1;
    await taskService.handleFailure(task, { errorMessage: "no truck", errorDetails: "all broken", retries, retryTimeout: 0 });
  } else {
    await taskService.handleBpmnError(task, "refused", "too large", new Variables().set("size", 9));
  }
});
