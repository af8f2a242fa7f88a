export * from "@tfdrift/client/react";
